using CredentialBroker.Protocol;

namespace CredentialBroker.Hosting;

/// <summary>
/// Stands before every handler: finds the route's row in the access table, proves operators, and turns faults into
/// problems. What has no row is refused.
/// </summary>
internal sealed class Door(RequestDelegate next, OperatorProofs operators, FailedLogins failed, BootstrapToken bootstrap, DoorTally tally, DoorLog log)
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
            case Audience.Anyone or Audience.Document or Audience.Workload or Audience.Browser: return null;
        }

        var orWorkload = row.Audience is Audience.WorkloadOrOperator or Audience.AnyoneOrOperator;
        var proof = await operators.ProveAsync(context, orWorkload);
        if (IsFailedLogin(proof, orWorkload, context))
        {
            var from = context.Connection.RemoteIpAddress;
            if (failed.Wait(from) is { } wait) return row.Audience == Audience.AnyoneOrOperator ? null : TurnAway(wait);
            failed.Count(from);
        }

        var refusal = proof switch
        {
            OperatorProof.Proven { Operator: var proven } => await AdmitAsync(context, row, proven),
            OperatorProof.Refused refused => TurnAway(refused.Source, refused.Code, refused.Detail),
            _ => orWorkload ? null : TurnAway("nobody", ReasonCodes.OperatorUnknown, "present an operator's token as Authorization: Bearer, or an operator's client certificate"),
        };
        // Where anybody is answered, whoever is not let in as an operator gets what anybody gets.
        return row.Audience == Audience.AnyoneOrOperator ? null : refusal;
    }

    /// <summary>
    /// Only what fails is slowed down. Whoever proves to be an operator is let in at once, also from an address that guesses
    /// come from: a responder may sit behind the same proxy. A workload's evidence is no login.
    /// </summary>
    private static bool IsFailedLogin(OperatorProof proof, bool orWorkload, HttpContext context) =>
        proof is OperatorProof.Refused { Code: ReasonCodes.OperatorUnknown } || (proof is OperatorProof.None && !orWorkload && OperatorProofs.IsLogin(context));

    /// <summary>Lets an operator in at the row's roles, as far as their selectors can be applied there.</summary>
    private async Task<IResult?> AdmitAsync(HttpContext context, AccessRow row, Operator proven)
    {
        if (proven.Roles.Count == 0) return Forbid(proven, row, $"you are {proven.Name}, to whom no role is bound");
        if (proven.At(row.Roles) is not { } caller) return Forbid(proven, row, $"this takes one of the roles {string.Join(", ", row.Roles)}");
        if (caller.Scope.IsNarrow && !row.Narrows) return Forbid(proven, row, "your roles are narrowed by a selector, which cannot be applied here");
        if (proven.IsFullAdmin && proven.Issuer != BootstrapToken.Issuer) await bootstrap.RetireAsync(proven, context.RequestAborted);
        context.Features.Set(caller);
        return null;
    }

    private IResult Forbid(Operator proven, AccessRow row, string detail)
    {
        // Where anybody is answered, so is an operator whose roles open no more, and nothing was refused.
        if (row.Audience != Audience.AnyoneOrOperator) tally.Count(proven.Name, $"{ReasonCodes.OperatorForbidden} {row.Method} {row.Route}");
        return Problems.Of(ReasonCodes.OperatorForbidden, detail);
    }

    private IResult TurnAway(TimeSpan wait)
    {
        tally.Count("nobody", ReasonCodes.TooManyFailures);
        return Problems.Of(ReasonCodes.TooManyFailures, "too many logins from your address failed; come back after the time given", retryAfter: wait);
    }

    private IResult TurnAway(string source, string code, string detail)
    {
        tally.Count(source, code);
        return Problems.Of(code, detail);
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refusals at the door could not be recorded; they are counted on")]
    public partial void NotTold(Exception error);
}
