using System.Net;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli;

/// <summary>A refusal in one line: code, what happened, the decision to name, and what to do next; then every mistake on its own line.</summary>
internal static class ErrorReport
{
    public static IEnumerable<string> Lines(BrokerException error)
    {
        yield return $"credbroker: {What(error)}{Next(error)}";
        foreach (var mistake in error.Problem?.Mistakes ?? []) yield return mistake;
    }

    private static string What(BrokerException error) => error.Problem is { } problem
        ? $"{problem.Code}: {problem.Detail ?? problem.Title}{Named("clause", problem.Clause)}{Named("decision", problem.Decision)}"
        : $"http {(int)error.Status}: {error.Message}";

    private static string Named(string what, string? value) => value is null ? "" : $" ({what} {value})";

    private static string Next(BrokerException error) => error switch
    {
        { Problem.Mistakes.Count: > 0 } => "",
        { Problem.Code: ReasonCodes.Frozen } => "; see credbroker freezes",
        { Problem.Code: ReasonCodes.ClaimInProgress } => "; ask again with the same --idempotency-key",
        { Problem.Code: ReasonCodes.IdempotencyMismatch } => "; claim with a new --idempotency-key",
        { Problem.Code: ReasonCodes.LeaseNotRenewable or ReasonCodes.MaxTtlReached } => "; claim a new lease",
        { Problem.Code: ReasonCodes.OperatorForbidden } => "; ask for a role that may do this",
        { Problem.Code: ReasonCodes.NoApproval } => "; see credbroker approval list and credbroker explain",
        { RetryAfter: { } wait } => $"; try again in {Math.Ceiling(wait.TotalSeconds)} s",
        { Status: HttpStatusCode.Unauthorized } => "; check --token-file (CREDBROKER_TOKEN_FILE), or log in with credbroker login",
        { Status: HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests } => "; try again",
        { Problem.Decision: not null } => "; credbroker explain names the clause",
        _ => "",
    };
}
