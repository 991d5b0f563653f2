using CredentialBroker.Approvals.Prompts;
using CredentialBroker.Storage;

namespace CredentialBroker.Runtime;

/// <summary>Each second: looks into what webhooks only prompted, and ends the leases of what that finds over.</summary>
internal sealed class PromptJob(PromptSweep sweep, ApprovalEnds ends, PromptLog log) : LocalJob(log.SweepFailed)
{
    public override async Task RunAsync(CancellationToken cancel)
    {
        while (await sweep.RunAsync(ends.Alongside, ends.Arrived, cancel)) { }
    }
}
