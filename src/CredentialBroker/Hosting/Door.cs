using CredentialBroker.Protocol;

namespace CredentialBroker.Hosting;

/// <summary>
/// Stands before every handler: finds the route's row in the access table, proves operators, and turns faults into
/// problems. What has no row is refused.
/// </summary>
internal sealed class Door(RequestDelegate next, OperatorTokens operators, DoorLog log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            if (await RefuseAsync(context) is { } refusal) await refusal.ExecuteAsync(context);
            else await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller went away; what was begun for it goes on to its own end.
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            var problem = Problems.OfFault(error);
            if (problem is null) log.Unforeseen(context.Request.Method, error);
            await (problem ?? Problems.Of(ReasonCodes.StoreUnavailable, "the broker met an unforeseen fault and issued nothing")).ExecuteAsync(context);
        }
    }

    private async Task<IResult?> RefuseAsync(HttpContext context)
    {
        if (context.GetEndpoint() is not RouteEndpoint endpoint) return Problems.Of(ReasonCodes.NotFound, "no such route");
        var row = AccessTable.Find(context.Request.Method, endpoint.RoutePattern.RawText ?? "");
        switch (row?.Audience)
        {
            case null: return Problems.Of(ReasonCodes.OperatorForbidden, "this route has no row in the access table");
            case Audience.Anyone or Audience.Document or Audience.Workload: return null;
        }

        var bearer = Bearer.Of(context.Request);
        if (row.Audience is Audience.WorkloadOrOperator or Audience.AnyoneOrOperator && !OperatorTokens.LooksLikeOne(bearer)) return null;
        var caller = await operators.FindAsync(bearer, context.Connection.RemoteIpAddress, context.RequestAborted);
        if (caller is null) return Problems.Of(ReasonCodes.OperatorUnknown, "present an operator token as Authorization: Bearer");
        if (!caller.Has(row.Roles)) return Problems.Of(ReasonCodes.OperatorForbidden, $"this takes one of the roles {string.Join(", ", row.Roles)}");
        context.Features.Set(caller);
        return null;
    }
}

/// <summary>The bearer token of a request.</summary>
internal static class Bearer
{
    /// <summary>Null when there is none, more than one, or another scheme.</summary>
    public static string? Of(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : null;
}

internal sealed partial class DoorLog(ILogger<DoorLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Error, Message = "A {Method} request met an unforeseen fault")]
    public partial void Unforeseen(string method, Exception error);
}
