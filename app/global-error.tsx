"use client";

/** Stands in for the layout itself, so it may not lean on anything of it. */
export default function GlobalError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <html lang="en" style={{ colorScheme: "light dark", fontFamily: "system-ui, sans-serif" }}>
      <body style={{ maxWidth: "28rem", margin: "20vh auto", padding: "0 1rem" }}>
        <title>Something went wrong</title>
        <h1>Something went wrong on our side</h1>
        <p>Try again. If it stays, tell us {error.digest ? `the number ${error.digest}` : "what you did"}.</p>
        <button type="button" onClick={reset}>
          Try again
        </button>
      </body>
    </html>
  );
}
