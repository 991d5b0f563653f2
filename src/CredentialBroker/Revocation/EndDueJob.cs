using CredentialBroker.Storage;
using Quartz;

namespace CredentialBroker.Revocation;

/// <summary>The clock of revocation: each second, and at once when rung. One run at a time on a replica.</summary>
internal sealed class EndDueJob(DueSweep sweep, EndLog log) : LocalJob(log.SweepFailed)
{
    public static readonly JobKey Key = new("end-due");

    public override async Task RunAsync(CancellationToken cancel)
    {
        while (await sweep.RunAsync(cancel) > 0) { }
    }
}
