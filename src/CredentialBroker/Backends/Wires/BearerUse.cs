using System.Net;
using System.Net.Http.Headers;

namespace CredentialBroker.Backends.Wires;

/// <summary>Shows a bearer token where a template's probe says, and looks at the answer's status only.</summary>
internal static class BearerUse
{
    /// <summary>Null where the answer is neither yes nor no.</summary>
    public static async ValueTask<(Probe? Probe, WireAnswer Answer)> TryAsync(Wire wire, Uri probe, Secret secret, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, probe);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret.Member("token"));
        var answer = await wire.SendAsync(request, cancel);
        return (answer.IsSuccess ? Probe.Alive : answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? Probe.Dead : null, answer);
    }

    /// <summary>The same scheme, host and port, and a path that is the allowed one or below it.</summary>
    public static bool IsBelow(Uri probe, Uri allowed) =>
        probe.GetLeftPart(UriPartial.Authority) == allowed.GetLeftPart(UriPartial.Authority) && probe.UserInfo.Length == 0 && probe.Fragment.Length == 0
        && (probe.AbsolutePath == allowed.AbsolutePath || probe.AbsolutePath.StartsWith(allowed.AbsolutePath.TrimEnd('/') + "/", StringComparison.Ordinal));
}
