using System.Net;
using CredentialBroker.Protocol.Controls;
using CredentialBroker.Protocol.Keys;
using CredentialBroker.Protocol.Operators;
using CredentialBroker.Protocol.Overview;

namespace CredentialBroker.Protocol;

// The broker's keys, a replica's health, and who is asking.
public sealed partial class BrokerClient
{
    /// <summary>Lists the broker's own keys.</summary>
    public Task<KeyList> ListKeysAsync(CancellationToken cancel = default) => GetAsync("/v1/keys", ProtocolJson.Default.KeyList, cancel);

    /// <summary>Has the signing key of a purpose followed by a new one, which is published before it signs.</summary>
    /// <param name="purpose">The keys' purpose.</param>
    /// <param name="atOnce">The key is lost: its successor signs now, and what it signed is good no more.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<KeyView> RotateKeyAsync(string purpose, bool atOnce = false, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, new BrokerQuery("/v1/keys/rotate").With("purpose", purpose).With("atOnce", atOnce ? "true" : null).ToString()),
            ProtocolJson.Default.KeyView, cancel, HttpStatusCode.OK);

    /// <summary>Asks a replica whether it can record, and so may issue. One that cannot answers with status <c>unavailable</c>, which is no exception.</summary>
    public Task<HealthView> GetHealthAsync(CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Get, "/healthz/ready"), ProtocolJson.Default.HealthView, cancel, HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable);

    /// <summary>Asks how things stand: what lives, how fast it comes and goes, and what is over when.</summary>
    public Task<OverviewView> GetOverviewAsync(CancellationToken cancel = default) => GetAsync("/v1/overview", ProtocolJson.Default.OverviewView, cancel);

    /// <summary>Asks who the caller is to the broker, and what they may do.</summary>
    public Task<WhoAmI> WhoAmIAsync(CancellationToken cancel = default) => GetAsync("/v1/whoami", ProtocolJson.Default.WhoAmI, cancel);
}
