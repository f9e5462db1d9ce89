"use client";

import { Button } from "@/components/ui/button";

/** `digest` is what the server's log calls this failure. */
export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main className="mx-auto flex w-full max-w-md flex-1 flex-col justify-center px-4 py-16">
      <h1 className="text-xl font-semibold">Something went wrong on our side</h1>
      <p className="mt-2 text-muted">Try again. If it stays, tell us {error.digest ? `the number ${error.digest}` : "what you did"}.</p>
      <div className="mt-5">
        <Button onClick={reset}>Try again</Button>
      </div>
    </main>
  );
}
