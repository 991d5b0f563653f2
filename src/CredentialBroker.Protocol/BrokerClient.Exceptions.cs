using System.Net;
using CredentialBroker.Protocol.Exceptions;

namespace CredentialBroker.Protocol;

// Exceptions, risk acceptances and break-glass.
public sealed partial class BrokerClient
{
    /// <summary>Asks for an exception; it stands once another operator approved it.</summary>
    public Task<ExceptionView> RequestExceptionAsync(ExceptionRequest request, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, PathOf(ExceptionKind.Exception), Json(request, ProtocolJson.Default.ExceptionRequest)), ProtocolJson.Default.ExceptionView, cancel, HttpStatusCode.Created);

    /// <summary>Asks for a risk acceptance; it stands once another operator approved it.</summary>
    public Task<ExceptionView> RequestRiskAcceptanceAsync(RiskAcceptanceRequest request, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, PathOf(ExceptionKind.RiskAcceptance), Json(request, ProtocolJson.Default.RiskAcceptanceRequest)), ProtocolJson.Default.ExceptionView, cancel, HttpStatusCode.Created);

    /// <summary>Opens break-glass for one instance, at once; another operator has to review it.</summary>
    public Task<ExceptionView> OpenBreakGlassAsync(BreakGlassRequest request, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, PathOf(ExceptionKind.BreakGlass), Json(request, ProtocolJson.Default.BreakGlassRequest)), ProtocolJson.Default.ExceptionView, cancel, HttpStatusCode.Created);

    /// <summary>Reviews break-glass, as another person than who opened it.</summary>
    public Task<ExceptionView> ReviewBreakGlassAsync(string id, ReviewRequest review, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path(PathOf(ExceptionKind.BreakGlass), id, "/review"), Json(review, ProtocolJson.Default.ReviewRequest)), ProtocolJson.Default.ExceptionView, cancel, HttpStatusCode.OK);

    /// <summary>Lists records of one kind, newest first.</summary>
    public Task<ExceptionList> ListExceptionsAsync(ExceptionKind kind, CancellationToken cancel = default) => GetAsync(PathOf(kind), ProtocolJson.Default.ExceptionList, cancel);

    /// <summary>Shows one record.</summary>
    public Task<ExceptionView> GetExceptionAsync(ExceptionKind kind, string id, CancellationToken cancel = default) =>
        GetAsync(BrokerQuery.Path(PathOf(kind), id), ProtocolJson.Default.ExceptionView, cancel);

    /// <summary>Approves an exception or risk acceptance, as another person than who asked for it.</summary>
    public Task<ExceptionView> ApproveExceptionAsync(ExceptionKind kind, string id, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path(PathOf(kind), id, "/approve")), ProtocolJson.Default.ExceptionView, cancel, HttpStatusCode.OK);

    /// <summary>Ends a record before its time, or refuses a request; what rests on it ends with it.</summary>
    public Task<ExceptionView> EndExceptionAsync(ExceptionKind kind, string id, string? reason = null, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Delete, new BrokerQuery(BrokerQuery.Path(PathOf(kind), id)).With("reason", reason).ToString()), ProtocolJson.Default.ExceptionView, cancel, HttpStatusCode.OK);

    private static string PathOf(ExceptionKind kind) => kind switch
    {
        ExceptionKind.Exception => "/v1/exceptions",
        ExceptionKind.RiskAcceptance => "/v1/risk-acceptances",
        ExceptionKind.BreakGlass => "/v1/breakglass",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
