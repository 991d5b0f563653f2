using System.CommandLine;
using System.CommandLine.Help;
using CredentialBroker.Cli.Commands;
using CredentialBroker.Cli.Help;

namespace CredentialBroker.Cli;

/// <summary>Every command there is.</summary>
internal static class CommandTree
{
    public static RootCommand Of(Shell shell)
    {
        var root = new RootCommand("Approves, issues, watches and ends just-in-time credentials through the broker's API.")
        {
            new Command("approval", "Hand in and look at approvals.") { new ApprovalSubmit(shell), new ApprovalListing(shell), new ApprovalShow(shell) },
            new Command("template", "Check, activate and look at templates.")
            {
                new TemplateValidate(shell), new TemplateApply(shell), new TemplateListing(shell), new TemplateShow(shell),
            },
            new Command("lease", "Claim, look at, renew and end leases.")
            {
                new LeaseClaim(shell), new LeaseListing(shell), new LeaseShow(shell), new LeaseRenew(shell), new LeaseRevoke(shell), new LeaseEvidence(shell),
            },
            new Command("task", "End tasks.") { new TaskEnd(shell) },
            new Freeze(shell),
            new Freezes(shell),
            new Thaw(shell),
            new Hold(shell),
            new Holds(shell),
            new Unhold(shell),
            new Explain(shell),
            new Command("audit", "Read and verify the evidence.")
            {
                new AuditTail(shell), new AuditExport(shell), new AuditVerify(shell), new AuditVerifyBundle(shell), new AuditEvidence(shell), new AuditCheckpoint(shell), new AuditKey(shell),
            },
            new PrintVersionCommand(shell),
        };
        root.Directives.Clear();
        root.Options.OfType<HelpOption>().Single().Action = new PrintHelp(shell);
        root.Options.OfType<VersionOption>().Single().Action = new PrintVersion(shell);
        return root;
    }

    public static IEnumerable<CliCommand> Leaves(Command command) =>
        command is CliCommand leaf ? [leaf] : command.Subcommands.SelectMany(Leaves);
}
