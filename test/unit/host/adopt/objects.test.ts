import { compareObjects, mayHoldVersions, objectsIn } from "../../../../host/adopt/objects";

test("a listing gives keys as they are, sizes and checksums", () => {
  const xml = `<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType><Contents><Key>a%20folder/x%2By+z.pdf</Key><Size>12</Size><ETag>&#34;abc&#34;</ETag></Contents>
  <Contents><ETag>"d-2"</ETag><Key>plain</Key><Size>0</Size></Contents></ListBucketResult>`;
  expect(objectsIn(xml)).toEqual([
    { key: "a folder/x+y z.pdf", bytes: 12, etag: "abc" },
    { key: "plain", bytes: 0, etag: "d-2" },
  ]);
});

test("a server that encodes no keys gives them as XML does", () => {
  const xml = "<Contents><Key>a + b &amp; &#34;c&#x27;%20.pdf</Key><Size>3</Size><ETag>e</ETag></Contents>";
  expect(objectsIn(xml)).toEqual([{ key: `a + b & "c'%20.pdf`, bytes: 3, etag: "e" }]);
});

test("what is missing or shorter is copied; where checksums differ, the contents have to tell", () => {
  const one = (key: string, bytes: number, etag: string) => ({ key, bytes, etag });
  const wanted = [
    one("same", 1, "a"),
    one("missing", 1, "a"),
    one("shorter", 2, "a"),
    one("other", 1, "a"),
    one("parts", 1, "a-2"),
  ];
  const there = [
    one("same", 1, "a"),
    one("shorter", 1, "a"),
    one("other", 1, "b"),
    one("parts", 1, "c"),
    one("newer", 1, "z"),
  ];
  const { missing, doubtful } = compareObjects(wanted, there);
  expect(missing.map(({ key }) => key)).toEqual(["missing", "shorter"]);
  expect(doubtful.map(({ key }) => key)).toEqual(["other", "parts"]);
});

test.each([
  ["<Status>Enabled</Status>", true],
  ["<Status>Suspended</Status>", true],
  ["", false],
])("a bucket whose versioning is %j may hold former versions: %s", (inside, holds) => {
  expect(mayHoldVersions(`<VersioningConfiguration>${inside}</VersioningConfiguration>`)).toBe(holds);
});
