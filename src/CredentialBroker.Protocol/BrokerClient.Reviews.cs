using CredentialBroker.Protocol.Reviews;

namespace CredentialBroker.Protocol;

public sealed partial class BrokerClient
{
    /// <summary>Lists live leases that would not be granted today, a part of them at a time.</summary>
    /// <param name="selector">Which leases are looked at; null for all.</param>
    /// <param name="after">Where the part before ended; null from the beginning.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<ChangePage> ListChangesAsync(string? selector = null, string? after = null, CancellationToken cancel = default) =>
        GetAsync(new BrokerQuery("/v1/reviews/would-change").With("selector", selector).With("after", after).ToString(), ProtocolJson.Default.ChangePage, cancel);
}
