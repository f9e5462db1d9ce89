"use client";

import { Check, Copy } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { writeClipboard } from "@/components/ui/write-clipboard";

const CONFIRMED_MS = 2_000;

type Outcome = "idle" | "copied" | "failed";
const WORDS: Record<Outcome, string> = { idle: "Copy as Markdown", copied: "Copied", failed: "Could not be copied" };

/** The page without its frame, as a model or a ticket takes it. */
export function CopyPage({ markdownHref }: { markdownHref: string }) {
  const [outcome, setOutcome] = useState<Outcome>("idle");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  async function copy() {
    setOutcome((await copyFrom(markdownHref)) ? "copied" : "failed");
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setOutcome("idle"), CONFIRMED_MS);
  }

  return (
    <Button onClick={copy} size="sm">
      {outcome === "copied" ? <Check aria-hidden size={16} /> : <Copy aria-hidden size={16} />}
      <span aria-live="polite">{WORDS[outcome]}</span>
    </Button>
  );
}

async function copyFrom(href: string): Promise<boolean> {
  try {
    const answer = await fetch(href);
    return answer.ok && (await writeClipboard(await answer.text()));
  } catch {
    return false;
  }
}
