namespace CredentialBroker.Backends.Conformance;

/// <summary>Waits for a provider that does not know everywhere at once what was made, and remembers for a while what was ended.</summary>
internal sealed class Remembering(Backend real, TimeSpan known, TimeSpan forgotten) : Mutation(real)
{
    public override async ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel)
    {
        var minted = await Real.MintAsync(handle, order, cancel);
        await Task.Delay(known, cancel);
        return minted;
    }

    public override async ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel)
    {
        var report = await Real.EndAsync(handle, cancel);
        await Task.Delay(forgotten, cancel);
        return report;
    }
}
