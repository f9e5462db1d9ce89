/** Two tracks and the switch between them. */
export function BrandMark({ name }: { name: string }) {
  return (
    <span className="inline-flex items-center gap-2 font-semibold">
      <svg
        aria-hidden
        viewBox="0 0 24 24"
        width="22"
        height="22"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.25"
        strokeLinecap="round"
        className="text-accent"
      >
        <path d="M3 17h18" />
        <path d="M5 17c6 0 8-10 16-10" />
        <circle cx="5" cy="17" r="2.25" fill="currentColor" stroke="none" />
      </svg>
      {name}
    </span>
  );
}
