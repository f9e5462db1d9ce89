import createMdx from "@next/mdx";

const isDevelopment = process.env.NODE_ENV === "development";

/**
 * Inline scripts must be allowed: Next writes the page's data into them, and a nonce for each would need a proxy.ts, which
 * cuts large request bodies. Nothing is loaded from or sent to another origin.
 */
const contentSecurityPolicy = [
  "default-src 'self'",
  `script-src 'self' 'unsafe-inline'${isDevelopment ? " 'unsafe-eval'" : ""}`,
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  `connect-src 'self'${isDevelopment ? " ws:" : ""}`,
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const securityHeaders = [
  { key: "Content-Security-Policy", value: contentSecurityPolicy },
  { key: "X-Content-Type-Options", value: "nosniff" },
  { key: "Referrer-Policy", value: "same-origin" },
  { key: "Permissions-Policy", value: "camera=(), microphone=(), geolocation=(), payment=()" },
  { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
];

/** @type {import("next").NextConfig} */
const nextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // Shared with the `web` process or native: one copy, loaded by Node itself.
  serverExternalPackages: ["@node-rs/argon2", "gpt-tokenizer", "pino", "postgres", "undici"],
  // The root's configuration takes in the tests, whose dependencies are not installed where the product is only built.
  typescript: { tsconfigPath: "app/tsconfig.json" },
  headers: async () => [{ source: "/:path*", headers: securityHeaders }],
  redirects: async () => [{ source: "/dashboard.html", destination: "/dashboard", permanent: false }],
  rewrites: async () => [
    { source: "/docs.md", destination: "/docs/how-it-works/markdown" },
    { source: "/docs/:page([a-z-]+).md", destination: "/docs/:page/markdown" },
  ],
};

/** By their names: Turbopack hands no functions to its loaders. */
const withMdx = createMdx({ options: { remarkPlugins: ["remark-gfm"], rehypePlugins: ["rehype-slug"] } });

export default withMdx(nextConfig);
