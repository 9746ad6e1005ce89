// A real OpenID provider for tests. Its configuration, one JSON document, comes on standard input:
// port, keys (a JWK set), clients, users (claims by log-in name), audience (of JWT access tokens),
// groupsInIdToken.
import { text } from "node:stream/consumers";
import { Provider } from "oidc-provider";

const config = JSON.parse(await text(process.stdin));
const claimsOf = (login) => ({ sub: login, ...config.users[login] });

const provider = new Provider(`http://127.0.0.1:${config.port}`, {
  clients: config.clients,
  jwks: config.keys,
  cookies: { keys: ["made-up"] },
  claims: { profile: ["name", "preferred_username", "groups", "resource_access"] },
  scopes: ["openid", "profile", "email"],
  conformIdTokenClaims: !config.groupsInIdToken,
  pkce: { methods: ["S256"], required: () => true },
  findAccount: (_ctx, login) =>
    login in config.users ? { accountId: login, claims: () => claimsOf(login) } : undefined,
  extraTokenClaims: (_ctx, token) => claimsOf(token.accountId ?? token.clientId),
  features: {
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: "profile",
        audience: config.audience,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
});

// Its pages name a font of another site, which tests must not ask.
provider.use(async (ctx, next) => {
  await next();
  if (ctx.response.is("html")) ctx.body = ctx.body.replace(/@import url\([^)]*\);/g, "");
});

provider.listen(config.port, "127.0.0.1");
