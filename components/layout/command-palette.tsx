"use client";

import { Dialog } from "@base-ui/react/dialog";
import { Command, defaultFilter } from "cmdk";
import { BookOpen, Copy, FileSearch, Keyboard, LogOut, Monitor, Moon, Search, Sun } from "lucide-react";
import { useRouter } from "next/navigation";
import { startTransition, useState, type ReactNode } from "react";
import { ShellIcon } from "@/components/layout/shell-icon";
import type { ShellToolsProps } from "@/components/layout/shell-tools";
import { useTheme } from "@/components/layout/use-theme";
import { cn } from "@/components/ui/cn";
import { Kbd } from "@/components/ui/kbd";
import { BACKDROP, POPUP } from "@/components/ui/popup-look";
import { toast } from "@/components/ui/toast";
import { writeClipboard } from "@/components/ui/write-clipboard";
import { DOCS_PAGES, docsHref } from "@/lib/site/docs-pages";

type Props = ShellToolsProps & { onClose: () => void; onShortcuts: () => void };

const REQUEST_ID = /^req_[\w-]{4,80}$/;
const ICON = { "aria-hidden": true, size: 17, className: "shrink-0" } as const;

const ASK_DOCS = "ask the documentation";
/** Below all that has the typed letters in its name. */
const LEAST_SCORE = 1e-6;

const score: typeof defaultFilter = (value, typed, keywords) => (value === ASK_DOCS ? LEAST_SCORE : defaultFilter(value, typed, keywords));

/** Everything that the shell can do, by its name. */
export function CommandPalette({ links, errands = [], copies, requestsHref, signOut, onClose, onShortcuts }: Props) {
  const router = useRouter();
  const [, setTheme] = useTheme();
  const [typed, setTyped] = useState("");
  const words = typed.trim();
  const requestId = requestsHref !== undefined && REQUEST_ID.test(words) ? words : null;

  function run(act: () => void) {
    onClose();
    act();
  }
  const go = (href: string) => run(() => router.push(href));
  const copy = ({ label, text }: { label: string; text: string }) =>
    run(() => {
      void writeClipboard(text).then((isCopied) =>
        isCopied ? toast.success(`Copied the ${label}`) : toast.error("The browser does not let us copy."),
      );
    });

  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={BACKDROP} />
        <Dialog.Popup
          className={cn(
            "fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg max-sm:top-4",
            POPUP,
          )}
        >
          <Dialog.Title className="sr-only">Search and commands</Dialog.Title>
          <Command loop label="Search and commands" filter={score}>
            <Command.Input
              value={typed}
              onValueChange={setTyped}
              placeholder="A page, the id of a request, a question to the documentation…"
              className="min-h-13 w-full border-b border-line bg-transparent px-4 text-base outline-none placeholder:text-muted"
            />
            <Command.List className="max-h-[min(24rem,60vh)] scroll-py-2 overflow-y-auto p-2">
              {requestId && requestsHref !== undefined && (
                <Group heading="Request">
                  <Line icon={<FileSearch {...ICON} />} value={requestId} onSelect={() => go(`${requestsHref}/${requestId}`)}>
                    <span className="wrap-anywhere">Open {requestId}</span>
                  </Line>
                </Group>
              )}
              <Group heading="Go to">
                {links.map(({ href, label, icon, goKey }) => (
                  <Line key={href} icon={<ShellIcon name={icon} />} value={`go to ${label}`} onSelect={() => go(href)} goKey={goKey}>
                    {label}
                  </Line>
                ))}
              </Group>
              <Group heading="Do">
                {errands.map(({ href, label, icon }) => (
                  <Line key={href} icon={<ShellIcon name={icon} />} value={label} onSelect={() => go(href)}>
                    {label}
                  </Line>
                ))}
                {copies.map((entry) => (
                  <Line key={entry.label} icon={<Copy {...ICON} />} value={`copy ${entry.label}`} onSelect={() => copy(entry)}>
                    Copy the {entry.label}
                  </Line>
                ))}
                <Line icon={<Keyboard {...ICON} />} value="keyboard shortcuts help" onSelect={() => run(onShortcuts)}>
                  Keyboard shortcuts
                </Line>
              </Group>
              <Group heading="Documentation">
                {DOCS_PAGES.map(({ slug, title, about }) => (
                  <Line
                    key={slug}
                    icon={<BookOpen {...ICON} />}
                    value={`docs ${title}`}
                    keywords={[about]}
                    onSelect={() => go(docsHref(slug))}
                  >
                    {title}
                  </Line>
                ))}
                {words.length > 1 && (
                  <Line icon={<Search {...ICON} />} value={ASK_DOCS} onSelect={() => go(`/docs/search?q=${encodeURIComponent(words)}`)}>
                    <span className="wrap-anywhere">Search the documentation for “{words}”</span>
                  </Line>
                )}
              </Group>
              <Group heading="Theme and session">
                <Line icon={<Sun {...ICON} />} value="theme light" onSelect={() => run(() => setTheme("light"))}>
                  Light theme
                </Line>
                <Line icon={<Moon {...ICON} />} value="theme dark" onSelect={() => run(() => setTheme("dark"))}>
                  Dark theme
                </Line>
                <Line icon={<Monitor {...ICON} />} value="theme system" onSelect={() => run(() => setTheme("system"))}>
                  Theme as the system
                </Line>
                <Line icon={<LogOut {...ICON} />} value="sign out" onSelect={() => run(() => startTransition(signOut))}>
                  Sign out
                </Line>
              </Group>
            </Command.List>
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-muted"
    >
      {children}
    </Command.Group>
  );
}

type LineProps = {
  icon: ReactNode;
  value: string;
  keywords?: string[];
  onSelect: () => void;
  goKey?: string | undefined;
  children: ReactNode;
};

function Line({ icon, value, keywords, onSelect, goKey, children }: LineProps) {
  return (
    <Command.Item
      value={value}
      {...(keywords && { keywords })}
      onSelect={onSelect}
      className="flex min-h-target cursor-pointer items-center gap-3 rounded-md px-3 text-sm select-none data-[selected=true]:bg-ink/8 sm:pointer-fine:min-h-9"
    >
      <span className="text-muted">{icon}</span>
      {children}
      {goKey && (
        <span className="ml-auto flex gap-1">
          <Kbd>g</Kbd>
          <Kbd>{goKey}</Kbd>
        </span>
      )}
    </Command.Item>
  );
}
