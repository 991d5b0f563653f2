using System.Globalization;
using System.Text.RegularExpressions;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Gcp;

/// <summary>What refusals of Google mean for the broker. Only the status and known words are passed on.</summary>
internal static partial class GcpErrors
{
    /// <param name="code">The reason where Google itself refused.</param>
    public static BackendException Of(WireAnswer answer, string code, string doing)
    {
        var status = (int)answer.Status;
        var (meaning, up) = status switch
        {
            >= 200 and < 300 => ("the answer does not have the documented form", true),
            >= 300 and < 400 => ("a redirect, which is not followed", false),
            400 => ("refused", true),
            401 => ("the broker's login was not accepted", true),
            403 => ("the broker may not", true),
            404 => ("nothing is there", true),
            429 => ("a rate limit", false),
            >= 500 => ("an internal fault", false),
            _ => ("refused", true),
        };
        return new BackendException(
            GcpBackend.Word, up ? code : ReasonCodes.TargetUnavailable, string.Create(CultureInfo.InvariantCulture, $"{doing} failed with status {status}{Known(answer)}: {meaning}"), transient: !up);
    }

    /// <summary>The token service tells a word as <c>error</c>, the other APIs as <c>error.status</c>; messages may quote anything.</summary>
    private static string Known(WireAnswer answer) =>
        (answer.Json?.Text("error") ?? answer.Json?.Object("error")?.Text("status")) is { } word && Word().IsMatch(word) ? $" ({word})" : "";

    [GeneratedRegex(@"^[A-Za-z_]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
