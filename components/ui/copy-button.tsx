"use client";

import { Check, Copy } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { writeClipboard } from "@/components/ui/write-clipboard";

const CONFIRMED_MS = 2_000;

type Outcome = "idle" | "copied" | "failed";
const WORDS: Record<Outcome, string> = { idle: "Copy", copied: "Copied", failed: "Select it by hand" };

/** `what` completes the name for screen readers: "Copy the key line". */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [outcome, setOutcome] = useState<Outcome>("idle");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  async function copy() {
    setOutcome((await writeClipboard(text)) ? "copied" : "failed");
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setOutcome("idle"), CONFIRMED_MS);
  }

  return (
    <Button onClick={copy} aria-label={`Copy ${what}`} look="quiet" className="-mr-2 shrink-0 px-2 noscript:hidden">
      {outcome === "copied" ? <Check aria-hidden size={16} /> : <Copy aria-hidden size={16} />}
      <span aria-live="polite">{WORDS[outcome]}</span>
    </Button>
  );
}
