import type { Metadata, Viewport } from "next";
import localFont from "next/font/local";
import { connection } from "next/server";
import type { ReactNode } from "react";
import { isSimulated } from "@/app/_server/simulated";
import { SimulatedBanner } from "@/components/layout/simulated-banner";
import { THEME_SCRIPT } from "@/components/layout/theme";
import { runtime } from "@/lib/runtime/runtime";
import "@/app/globals.css";

/** Cut down to what the screens use, so that both come with the page: see `fonts/README.md`. */
const geistSans = localFont({ src: "./fonts/geist-sans.woff2", variable: "--font-geist-sans", weight: "400 700" });
/** What stands in for it until it is there is as wide and as high: see `globals.css`. */
const geistMono = localFont({
  src: "./fonts/geist-mono.woff2",
  variable: "--font-geist-mono",
  weight: "400 700",
  adjustFontFallback: false,
});

export async function generateMetadata(): Promise<Metadata> {
  await connection();
  const { brandName } = runtime().config;
  return {
    title: { default: brandName, template: `%s · ${brandName}` },
    description: "One address for Codex and every OpenAI client, metered and billed to the micro-dollar.",
    icons: { icon: "/icon.svg" },
  };
}

export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f5f6f4" },
    { media: "(prefers-color-scheme: dark)", color: "#101413" },
  ],
};

/** Brand and stamp are known to the running process only: no page is made at build time. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  await connection();
  return (
    <html lang="en" className={`${geistSans.variable} ${geistMono.variable}`} suppressHydrationWarning>
      <head>
        <script dangerouslySetInnerHTML={{ __html: THEME_SCRIPT }} />
      </head>
      <body className="flex min-h-dvh flex-col">
        {(await isSimulated()) && <SimulatedBanner />}
        {children}
      </body>
    </html>
  );
}
