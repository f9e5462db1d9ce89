import { readFile } from "node:fs/promises";
import path from "node:path";
import { ImageResponse } from "next/og";
import { Kept } from "@/app/_server/kept";
import { runtime } from "@/lib/runtime/runtime";

/** The size that networks ask for. */
export const PREVIEW_SIZE = { width: 1200, height: 630 };
export const PREVIEW_TYPE = "image/png";

const COLOURS = { ground: "#101413", ink: "#e8ecea", muted: "#a0aaa6", accent: "#6fd3c4", line: "#2b3230" };
const DAY_S = 86_400;
const FONTS = "node_modules/geist/dist/fonts/geist-sans";

/** Above the pages that have one, at some tens of KiB each. */
const IMAGES_MAX = 64;

const fonts = new Map<string, Promise<Buffer>>();
const images = new Kept<ArrayBuffer>(IMAGES_MAX);

type Preview = { title: string; note: string };

/** What is shown where somebody links to a page. Drawn here, with a font of our own: no request leaves the machine. */
export async function previewImage(preview: Preview): Promise<Response> {
  // The settings that it shows do not change while the process runs.
  const bytes = await images.get({ name: preview.title, by: preview.note }, () => draw(preview));
  return new Response(bytes, { headers: { "content-type": PREVIEW_TYPE, "cache-control": `public, max-age=${DAY_S}` } });
}

async function draw({ title, note }: Preview): Promise<ArrayBuffer> {
  const { brandName, publicUrl } = runtime().config;
  const [regular, bold] = await Promise.all([font("Geist-Regular.ttf"), font("Geist-SemiBold.ttf")]);
  const image = new ImageResponse(
    <div
      style={{
        display: "flex",
        flexDirection: "column",
        justifyContent: "space-between",
        width: "100%",
        height: "100%",
        padding: 72,
        background: COLOURS.ground,
        color: COLOURS.ink,
        fontFamily: "Geist",
      }}
    >
      <div style={{ display: "flex", alignItems: "center", gap: 20, fontSize: 36, fontWeight: 600 }}>
        <svg width="56" height="56" viewBox="0 0 24 24" fill="none" stroke={COLOURS.accent} strokeWidth="2.25" strokeLinecap="round">
          <path d="M3 17h18" />
          <path d="M5 17c6 0 8-10 16-10" />
          <circle cx="5" cy="17" r="2.25" fill={COLOURS.accent} stroke="none" />
        </svg>
        {brandName}
      </div>
      <div style={{ display: "flex", flexDirection: "column", gap: 24 }}>
        <div style={{ fontSize: 68, fontWeight: 600, lineHeight: 1.1, letterSpacing: -1.5 }}>{title}</div>
        <div style={{ fontSize: 34, lineHeight: 1.35, color: COLOURS.muted }}>{note}</div>
      </div>
      <div
        style={{
          display: "flex",
          justifyContent: "space-between",
          paddingTop: 28,
          borderTop: `2px solid ${COLOURS.line}`,
          fontSize: 26,
          color: COLOURS.muted,
        }}
      >
        <span>{new URL(publicUrl).host}</span>
        <span>Independent software, not affiliated with OpenAI</span>
      </div>
    </div>,
    {
      ...PREVIEW_SIZE,
      fonts: [
        { name: "Geist", data: regular, weight: 400 },
        { name: "Geist", data: bold, weight: 600 },
      ],
    },
  );
  return image.arrayBuffer();
}

/** Read once: the process runs in the folder of the installation. */
function font(file: string): Promise<Buffer> {
  const found = fonts.get(file) ?? readFile(path.join(process.cwd(), FONTS, file));
  fonts.set(file, found);
  return found;
}
