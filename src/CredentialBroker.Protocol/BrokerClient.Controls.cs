using System.Net;
using CredentialBroker.Protocol.Controls;

namespace CredentialBroker.Protocol;

// Freezes and holds.
public sealed partial class BrokerClient
{
    /// <summary>Sets a freeze. Once this returns, nothing that it covers is handed out by any replica.</summary>
    public Task<ControlView> FreezeAsync(ControlRequest request, CancellationToken cancel = default) => ControlAsync("/v1/freezes", request, cancel);

    /// <summary>Lists freezes in force.</summary>
    public Task<ControlList> ListFreezesAsync(CancellationToken cancel = default) => GetAsync("/v1/freezes", ProtocolJson.Default.ControlList, cancel);

    /// <summary>Lifts a freeze.</summary>
    public Task ThawAsync(string id, CancellationToken cancel = default) => LiftAsync("/v1/freezes", id, cancel);

    /// <summary>Sets a hold: automatic ends that it covers wait until it is lifted or expires.</summary>
    public Task<ControlView> HoldAsync(ControlRequest request, CancellationToken cancel = default) => ControlAsync("/v1/holds", request, cancel);

    /// <summary>Lists holds in force.</summary>
    public Task<ControlList> ListHoldsAsync(CancellationToken cancel = default) => GetAsync("/v1/holds", ProtocolJson.Default.ControlList, cancel);

    /// <summary>Lifts a hold.</summary>
    public Task UnholdAsync(string id, CancellationToken cancel = default) => LiftAsync("/v1/holds", id, cancel);

    /// <summary>Cuts off every session of an AWS role that was issued before a time, or tells what that would hit.</summary>
    public Task<CutOffView> CutOffAsync(string target, CutOffRequest request, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path("/v1/targets/aws", target, "/cutoff"), Json(request, ProtocolJson.Default.CutOffRequest)), ProtocolJson.Default.CutOffView, cancel, HttpStatusCode.OK);

    private Task<ControlView> ControlAsync(string path, ControlRequest request, CancellationToken cancel) =>
        _exchange.SendAsync(Request(HttpMethod.Post, path, Json(request, ProtocolJson.Default.ControlRequest)), ProtocolJson.Default.ControlView, cancel, HttpStatusCode.Created);

    private Task LiftAsync(string folder, string id, CancellationToken cancel) =>
        _exchange.SendAsync(Request(HttpMethod.Delete, BrokerQuery.Path(folder, id)), cancel, HttpStatusCode.NoContent);
}
