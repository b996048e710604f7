import { signInPort } from "../../host/gateway/signIn";

/**
 * Renders the nginx server that translates sign-in calls. It asks Docker's resolver again every two seconds, because
 * nginx would otherwise keep the api's first address, and a restarted api has another.
 * @param apiUrl the api as the frontend reaches it
 */
function server(apiUrl: string): string {
  return [
    "server {",
    `  listen ${signInPort};`,
    "  server_tokens off;",
    "  resolver 127.0.0.11 valid=2s ipv6=off;",
    '  location = /healthz { access_log off; default_type text/plain; return 200 "ok\\n"; }',
    "  location /api/ {",
    `    set $api ${apiUrl};`,
    "    rewrite ^/api/(.*)$ /api/auth/$1 break;",
    "    proxy_pass $api;",
    "    proxy_http_version 1.1;",
    "    proxy_set_header Host $http_host;",
    '    proxy_set_header Connection "";',
    "    proxy_redirect off;",
    "    proxy_read_timeout 90s;",
    "  }",
    "}",
    "",
  ].join("\n");
}

/**
 * Returns the entrypoint of frontend-app: it writes the server next to the page's own, then runs the image's entrypoint
 * and command as they are. Source: the official nginx image, on which Scani's is made.
 */
export function frontendEntrypoint(apiUrl: string): string[] {
  const script =
    "printf '%s' \"$0\" > /etc/nginx/conf.d/sign-in.conf && exec /docker-entrypoint.sh nginx -g 'daemon off;'";
  return ["sh", "-c", script, server(apiUrl)];
}
