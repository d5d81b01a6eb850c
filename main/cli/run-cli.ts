import { assertNever } from '../../shared/model/result.ts';
import { parseCommand } from './arguments.ts';
import type { Command } from './arguments/command.ts';
import type { Context } from './command-context.ts';
import { applyConfig, checkConfig, exportConfig } from './commands/config.ts';
import { checkRights } from './commands/erp-check.ts';
import { printScript } from './commands/erp.ts';
import { showChanges } from './commands/erp-changes.ts';
import { listTables } from './commands/erp-tables.ts';
import { showLogs } from './commands/logs.ts';
import { applyStored, editItem } from './commands/edit-item.ts';
import { exportItem } from './commands/export-item.ts';
import { discardItem, listQueue, parkItem, retryItem, showItem } from './commands/queue.ts';
import { preview } from './commands/preview.ts';
import { probe } from './commands/probe.ts';
import { runSite } from './commands/run.ts';
import { reconcile } from './commands/reconcile.ts';
import { listRuns, pauseLinks, resumeLinks } from './commands/runs.ts';
import { listSecrets, setSecret } from './commands/secrets.ts';
import { showStatus } from './commands/status.ts';
import { sync } from './commands/sync.ts';
import { listUsers, showUser } from './commands/users.ts';
import { dataFolder } from './data-folder.ts';
import { EXIT } from './exit-codes.ts';
import { showHelp } from './help.ts';
import { Output } from './output.ts';
import type { World } from './world.ts';

/** Runs one command line and gives its exit code. Throws nothing: a bug is said and is exit code 1. */
export async function runCli(argv: readonly string[], world: World): Promise<number> {
  const parsed = parseCommand(argv);
  const json = parsed.ok ? parsed.value.json : parsed.failure.json;
  const out = new Output(
    json,
    (text) => world.write(text),
    (text) => world.writeError(text),
  );
  if (!parsed.ok) {
    out.failure({ code: 'usage', message: parsed.failure.message, hint: parsed.failure.hint });
    return EXIT.usage;
  }
  const { command, dataDir } = parsed.value;
  try {
    return await perform(command, { world, out, dataDir: dataFolder(dataDir, world.env, world.platform) });
  } catch (error) {
    out.failure({
      code: 'defect',
      message: `A fault in ERP Ferry: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'The log has the details: erp-ferry logs',
    });
    return EXIT.failed;
  }
}

async function perform(command: Command, context: Context): Promise<number> {
  const { world, out } = context;
  switch (command.name) {
    case 'help':
      showHelp(out, command.topic === 'help' ? undefined : command.topic);
      return EXIT.fine;
    case 'version':
      out.document({ version: world.version });
      out.line(world.version);
      return EXIT.fine;
    case 'run':
      return runSite(context, {
        mode: 'run',
        console: command.console ? true : undefined,
        setUp: command.setUp,
      });
    case 'sync':
      return sync(context, command);
    case 'status':
      return showStatus(context);
    case 'queue list':
      return listQueue(context, command.filters);
    case 'queue show':
      return showItem(context, command.item);
    case 'queue retry':
      return retryItem(context, command.item);
    case 'queue park':
      return parkItem(context, command.item, command.note);
    case 'queue discard':
      return discardItem(context, command);
    case 'queue export':
      return exportItem(context, command.item, { file: command.out, original: command.original });
    case 'queue edit':
      return editItem(context, command);
    case 'queue apply':
      return applyStored(context, command);
    case 'users list':
      return listUsers(context, command.filters);
    case 'users show':
      return showUser(context, command);
    case 'preview':
      return preview(context, command);
    case 'runs list':
      return listRuns(context, { link: command.link, limit: command.limit });
    case 'pause':
      return pauseLinks(context, { link: command.link, forMs: command.forMs, reason: command.reason });
    case 'resume':
      return resumeLinks(context, command.link);
    case 'config check':
      return checkConfig(context);
    case 'config apply':
      return applyConfig(context, command.file);
    case 'config export':
      return exportConfig(context);
    case 'reconcile':
      return reconcile(context, command);
    case 'erp script':
      return command.check ? checkRights(context, command.erp) : printScript(context, command.erp);
    case 'erp tables':
      return listTables(context, command.erp);
    case 'erp changes':
      return showChanges(context, command.wanted);
    case 'probe':
      return probe(context, command);
    case 'secret set':
      return setSecret(context, command.secret);
    case 'secret list':
      return listSecrets(context);
    case 'logs':
      return showLogs(context, command);
    case 'sandbox':
      // It has a data folder of its own, which it deletes at the end.
      return world.startSandbox([...(out.json ? ['--json'] : []), ...command.args]);
    default:
      return assertNever(command);
  }
}
