import type { Schema } from '../../api/client';
import type { Mapping } from './MappingRows';

/** What the form of an import holds. */
export interface ImportDraft {
  directory: string;
  newId: boolean;
  /** The VM the export holds, for an import that keeps its identity. */
  vmId: string;
  newName: string;
  copy: boolean;
  diskDirectory: string;
  start: boolean;
  diskPaths: readonly Mapping[];
}

/** The networks of an export, each going to the one of the same name. */
export const networksOf = (manifest: Schema<'PackageManifest'> | null | undefined): readonly Mapping[] =>
  [...new Set(manifest?.vm?.nics.map(n => n.network).filter(n => n !== undefined && n !== null))].map(network => ({ from: network, to: network }));

/** The body of the request: names that stay the same and rows that are not filled in are left out. */
export function importRequest(draft: ImportDraft, networks: readonly Mapping[]): Schema<'StartImportRequest'> {
  const trimmed = (rows: readonly Mapping[]) => rows.map(r => ({ from: r.from.trim(), to: r.to.trim() })).filter(r => r.from && r.from !== r.to);
  return {
    ...(!draft.newId && { vmId: draft.vmId.trim() }),
    settings: {
      directory: draft.directory.trim(),
      newId: draft.newId,
      newName: draft.newName.trim() || undefined,
      copy: draft.copy,
      diskDirectory: (draft.copy && draft.diskDirectory.trim()) || undefined,
      start: draft.start,
      networks: trimmed(networks),
      diskPaths: trimmed(draft.diskPaths).filter(d => d.to),
    },
  };
}
