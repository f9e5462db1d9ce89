import { plainScript } from "@/app/_server/plain-script";
import { docsMarkdowns } from "@/app/(site)/docs/_parts/docs-markdown";

export const dynamic = "force-dynamic";

export async function GET(): Promise<Response> {
  return plainScript((await docsMarkdowns()).join("\n---\n\n"));
}
