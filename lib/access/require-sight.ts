import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";

/** A customer sees what is theirs, an admin sees all. What may not be seen does not exist. */
export function requireSight(viewer: Viewer, ownerId: string): void {
  if (viewer.role !== "admin" && viewer.userId !== ownerId) throw new AppError("not_found", "There is nothing here.");
}

export function requireAdmin(viewer: Viewer): void {
  if (viewer.role !== "admin") throw new AppError("not_found", "There is nothing here.");
}
