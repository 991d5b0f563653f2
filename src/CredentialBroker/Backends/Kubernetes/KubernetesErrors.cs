using System.Globalization;
using System.Net;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>What the API server's status codes mean for the broker. Only the number is passed on.</summary>
internal static class KubernetesErrors
{
    /// <summary>A call that did not do what was asked.</summary>
    /// <param name="code">The reason where the API server itself refused.</param>
    public static BackendException Of(WireAnswer answer, string code, string doing)
    {
        var status = (int)answer.Status;
        var (meaning, up) = status switch
        {
            >= 200 and < 300 => ("the answer does not have the documented form", true),
            >= 300 and < 400 => ("a redirect; it is not followed", false),
            401 => ("the broker's own token or certificate is not taken", false),
            403 => ("forbidden: the broker lacks a right there", true),
            404 => ("nothing is there", true),
            409 => ("in conflict with what is there", true),
            422 => ("invalid", true),
            429 => ("too many requests", false),
            >= 500 => ("an internal fault, or the server is not ready", false),
            _ => ("refused", true),
        };
        var detail = string.Create(CultureInfo.InvariantCulture, $"{doing} failed with status {status}: {meaning}");
        return new BackendException(KubernetesBackend.Word, up ? code : ReasonCodes.TargetUnavailable, detail, transient: !up);
    }

    /// <summary>The API server says of this very object that it is not there; a 404 of anything on the way says nothing.</summary>
    public static bool IsGone(WireAnswer answer, string name) =>
        answer.Status == HttpStatusCode.NotFound && Says(answer, "NotFound") && answer.Json!.Value.Object("details") is { } details && details.Text("name") == name;

    /// <summary>Another object of that name is there: the one that was meant is gone.</summary>
    public static bool IsAnother(WireAnswer answer, string name) =>
        answer.Status == HttpStatusCode.Conflict && Says(answer, "Conflict") && (answer.Json!.Value.Object("details") is not { } details || details.Text("name") is null || details.Text("name") == name);

    private static bool Says(WireAnswer answer, string reason) => answer.Json is { } json && json.Text("kind") == "Status" && json.Text("reason") == reason;
}
