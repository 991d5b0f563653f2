using System.Globalization;
using System.Net;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.GitHub;

/// <summary>What GitHub's status codes mean for the broker. Messages are looked into for a known phrase and never passed on.</summary>
internal static class GitHubErrors
{
    /// <summary>A call that did not do what was asked.</summary>
    /// <param name="code">The reason where GitHub itself refused.</param>
    public static BackendException Of(WireAnswer answer, string code, string doing)
    {
        var status = (int)answer.Status;
        var (meaning, up) = status switch
        {
            >= 200 and < 300 => ("the answer does not have the documented form", true),
            >= 300 and < 400 => ("moved, and a redirect is not followed", false),
            401 => ("the App's key, its id or the clock is not accepted", false),
            403 or 429 when IsLimited(answer) => ("a rate limit", false),
            403 => ("forbidden, or the installation is suspended", true),
            404 => ("there is no such installation of this App", true),
            422 => ("the installation does not have these repositories or permissions", true),
            >= 500 => ("an internal fault", false),
            _ => ("refused", true),
        };
        var detail = string.Create(CultureInfo.InvariantCulture, $"{doing} failed with status {status}: {meaning}");
        return new BackendException(GitHubBackend.Word, up ? code : ReasonCodes.TargetUnavailable, detail, transient: !up);
    }

    /// <summary>GitHub's own word that this is no token, or none any more; a 401 of anything on the way says nothing.</summary>
    public static bool IsNoToken(WireAnswer answer) => answer.Status == HttpStatusCode.Unauthorized && answer.Json?.Text("message") is not null;

    /// <summary>GitHub looked at the request and made nothing.</summary>
    public static bool IsRefusal(WireAnswer answer) => (int)answer.Status is >= 400 and < 500 && answer.Json?.Text("message") is not null;

    private static bool IsLimited(WireAnswer answer) =>
        answer.Status == HttpStatusCode.TooManyRequests || answer.Json?.Text("message")?.Contains("rate limit", StringComparison.OrdinalIgnoreCase) == true;
}
