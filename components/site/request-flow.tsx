import { ArrowDown, ArrowRight } from "lucide-react";
import type { ReactNode } from "react";

/** How a request flows. Boxes and arrows are for the eye; the order of the texts alone tells the same. */
export function RequestFlow() {
  return (
    <figure className="rounded-lg border border-line bg-panel p-4 sm:p-6">
      <ol className="grid items-stretch gap-2 lg:grid-cols-[1fr_auto_1.1fr_auto_1.6fr_auto_1.1fr] lg:gap-3">
        <Step number="1" title="Your client">
          Codex CLI, an editor or any OpenAI SDK sends a request with your key.
        </Step>
        <Arrow />
        <Step number="2" title="The gateway">
          It checks the key and its limits, reads the request once, and walks down your lanes.
        </Step>
        <Arrow />
        <Step number="3" title="The first lane that can answer">
          <ol className="mt-2 grid gap-1.5">
            <LaneLine name="Codex lane" detail="your ChatGPT plan, in your account's own container" />
            <LaneLine name="Own key" detail="your OpenAI key, billed by OpenAI" />
            <LaneLine name="Wallet" detail="prepaid, by the token; the most it can cost is held first" />
          </ol>
          <p className="mt-2">A lane that cannot answer declines before you were sent anything. The next one is tried.</p>
        </Step>
        <Arrow />
        <Step number="4" title="The answer, and its record">
          Tokens reach you as they come and are counted on the way. The log names the lane, the reason of every step and the cost.
        </Step>
      </ol>
      <figcaption className="mt-4 text-sm text-muted">
        The order of the lanes is yours. What may open a paid lane below a ChatGPT plan is a choice for each key.
      </figcaption>
    </figure>
  );
}

function Step({ number, title, children }: { number: string; title: string; children: ReactNode }) {
  return (
    <li className="min-w-0 rounded-md border border-line bg-ground p-4 text-sm">
      <p className="flex items-baseline gap-2 text-base font-semibold">
        <span aria-hidden className="numeric text-sm font-medium text-accent">
          {number}
        </span>
        {title}
      </p>
      <div className="mt-1.5 text-muted">{children}</div>
    </li>
  );
}

function LaneLine({ name, detail }: { name: string; detail: string }) {
  return (
    <li className="rounded-sm border-l-2 border-accent bg-panel px-2.5 py-1.5">
      <span className="font-medium text-ink">{name}</span> <span>{detail}</span>
    </li>
  );
}

/** No step of its own, so it is no item of the list either. */
function Arrow() {
  return (
    <li role="presentation" aria-hidden className="grid place-items-center text-edge">
      <ArrowDown size={18} className="lg:hidden" />
      <ArrowRight size={18} className="hidden lg:block" />
    </li>
  );
}
