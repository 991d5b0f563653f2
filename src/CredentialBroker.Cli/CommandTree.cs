using System.CommandLine;
using System.CommandLine.Help;
using CredentialBroker.Cli.Commands;
using CredentialBroker.Cli.Help;
using CredentialBroker.Protocol.Exceptions;

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
                new TemplateValidate(shell), new TemplateSign(shell), new TemplateApply(shell), new TemplateActivate(shell), new TemplateCandidates(shell), new TemplateListing(shell), new TemplateShow(shell), new TemplatePlan(shell),
            },
            new Command("lease", "Claim, look at, renew and end leases.")
            {
                new LeaseClaim(shell), new LeaseListing(shell), new LeaseShow(shell), new LeaseRenew(shell), new LeaseRevoke(shell), new LeaseEvidence(shell), new LeaseUses(shell),
            },
            new Command("task", "End tasks.") { new TaskEnd(shell) },
            new Command("cluster", "Look at the clusters that ask the broker.") { new ClusterCheck(shell) },
            new Command("target", "Act on targets.") { new TargetCutOff(shell) },
            new Revoke(shell),
            new Command("revocation", "Look at bulk revocations, confirm them, call them off.")
            {
                new RevocationListing(shell), new RevocationShow(shell), new RevocationReport(shell), new RevocationConfirm(shell), new RevocationCancel(shell),
            },
            new Command("selector", "Keep selectors under names.") { new SelectorListing(shell), new SelectorSave(shell), new SelectorDrop(shell) },
            new Command("uses", "Hand in what targets' logs tell of the use of credentials.") { new UseHandIn(shell) },
            new Freeze(shell),
            new Freezes(shell),
            ControlLift.Thaw(shell),
            new Hold(shell),
            new Holds(shell),
            ControlLift.Unhold(shell),
            new Command("exception", "Let templates do more for a while, with a second person's yes.")
            {
                new ExceptionAsk(shell), new RecordApprove(shell, ExceptionKind.Exception, "Approve an exception that somebody else asked for."),
                new RecordListing(shell, ExceptionKind.Exception, "List exceptions, newest first."), new RecordShow(shell, ExceptionKind.Exception, "Show one exception."),
                new RecordEnd(shell, ExceptionKind.Exception, "End an exception, or refuse a request. Leases that rest on it end."),
            },
            new Command("risk", "Accept the risk of faults of external policy for a while, with a second person's yes.")
            {
                new RiskAsk(shell), new RecordApprove(shell, ExceptionKind.RiskAcceptance, "Approve a risk acceptance that somebody else asked for."),
                new RecordListing(shell, ExceptionKind.RiskAcceptance, "List risk acceptances, newest first."), new RecordShow(shell, ExceptionKind.RiskAcceptance, "Show one risk acceptance."),
                new RecordEnd(shell, ExceptionKind.RiskAcceptance, "End a risk acceptance, or refuse a request."),
            },
            new Command("breakglass", "Let one instance claim in an emergency, and review it afterwards.")
            {
                new BreakGlassOpen(shell), new BreakGlassReview(shell),
                new RecordListing(shell, ExceptionKind.BreakGlass, "List break-glass, newest first."), new RecordShow(shell, ExceptionKind.BreakGlass, "Show one break-glass."),
                new RecordEnd(shell, ExceptionKind.BreakGlass, "Close a break-glass: its approval is withdrawn and its leases end. The review is due all the same."),
            },
            new Explain(shell),
            new Command("exposure", "Report credentials that were found where they must not be, and follow them until they are dead.") { new ExposureReport(shell), new ExposureListing(shell), new ExposureShow(shell) },
            new AlarmListing(shell),
            new Review(shell)
            {
                new ReviewIdentity(shell), new ReviewListing(shell), ReviewDecide.Accept(shell), ReviewDecide.Refuse(shell), new ReviewBlastRadius(shell),
            },
            new Findings(shell),
            new Command("host", "Look at container hosts.") { new HostListing(shell), new HostExposure(shell) },
            new Command("audit", "Read and verify the evidence.")
            {
                new AuditTail(shell), new AuditExport(shell), new AuditVerify(shell), new AuditVerifyBundle(shell), new AuditEvidence(shell), new AuditCheckpoint(shell), new AuditKey(shell),
            },
            new Command("key", "Look at the broker's own keys and have them followed by new ones.") { new KeyListing(shell), new KeyRotate(shell) },
            new LoginCommand(shell),
            new LogoutCommand(shell),
            new WhoAmICommand(shell),
            new CompletionCommand(shell),
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
