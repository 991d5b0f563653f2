using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Aws;

/// <summary>Every few seconds: tends what roles deny.</summary>
internal sealed class AwsJob(AwsTending tending, AwsLog log) : LocalJob(log.Broke)
{
    public override async Task RunAsync(CancellationToken cancel) => await tending.RunAsync(cancel);
}
