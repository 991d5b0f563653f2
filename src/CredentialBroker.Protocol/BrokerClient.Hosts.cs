using System.Net;
using CredentialBroker.Protocol.Hosts;

namespace CredentialBroker.Protocol;

// Container hosts.
public sealed partial class BrokerClient
{
    /// <summary>Hands in what a host's node tells.</summary>
    /// <param name="source">Name of the host's approval source.</param>
    /// <param name="jws">The report, one compact JWS.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<HostReceipt> ReportHostAsync(string source, string jws, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path("/v1/hosts", source, "/records"), Text(jws, "application/jose")), ProtocolJson.Default.HostReceipt, cancel, HttpStatusCode.Accepted);

    /// <summary>Lists container hosts.</summary>
    public Task<HostList> ListHostsAsync(CancellationToken cancel = default) => GetAsync("/v1/hosts", ProtocolJson.Default.HostList, cancel);

    /// <summary>Shows who was seen at a host's engine.</summary>
    public Task<HostExposureView> GetHostExposureAsync(string host, CancellationToken cancel = default) => GetAsync(BrokerQuery.Path("/v1/hosts", host, "/exposure"), ProtocolJson.Default.HostExposureView, cancel);
}
