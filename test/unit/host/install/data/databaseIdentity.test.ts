import { managedDatabaseAt } from "../../../../../host/install/data/databaseIdentity";

test.each([
  ["postgres://u:p@db.example.org/scani?sslmode=require", "db.example.org:5432", "scani"],
  ["postgresql://u:p@[2001:db8::1]:6432/my%20money", "[2001:db8::1]:6432", "my money"],
])("%s is known by its address and name, without what it logs in with", (url, address, database) => {
  expect(managedDatabaseAt(url)).toEqual({ address, database });
});
