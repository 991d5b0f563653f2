using System.Net;
using CredentialBroker.Protocol.Alarms;

namespace CredentialBroker.Protocol;

// What somebody outside saw or found.
public sealed partial class BrokerClient
{
    /// <summary>Reports a credential that was found where it must not be; its leases are revoked at once.</summary>
    public Task<ExposureView> ReportExposureAsync(ExposureRequest request, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, "/v1/exposures", Json(request, ProtocolJson.Default.ExposureRequest)), ProtocolJson.Default.ExposureView, cancel, HttpStatusCode.Accepted);

    /// <summary>One report.</summary>
    public Task<ExposureView> GetExposureAsync(string id, CancellationToken cancel = default) => GetAsync(BrokerQuery.Path("/v1/exposures", id), ProtocolJson.Default.ExposureView, cancel);

    /// <summary>Reports, newest first.</summary>
    public Task<ExposureList> ListExposuresAsync(CancellationToken cancel = default) => GetAsync("/v1/exposures", ProtocolJson.Default.ExposureList, cancel);

    /// <summary>What sources outside saw, newest first.</summary>
    public Task<AlarmList> ListAlarmsAsync(CancellationToken cancel = default) => GetAsync("/v1/alarms", ProtocolJson.Default.AlarmList, cancel);
}
