using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;
using Microsoft.Identity.Client;

namespace CredentialBroker.Backends.Azure;

/// <summary>What refusals of Entra, Graph and Resource Manager mean for the broker. Only numbers and known codes are passed on.</summary>
internal static partial class AzureErrors
{
    /// <summary>AADSTS7000215: an unknown secret; AADSTS7000222: one that expired.</summary>
    private static readonly string[] UnknownSecret = ["7000215", "7000222"];

    /// <summary>A call of Graph or Resource Manager that did not do what was asked.</summary>
    /// <param name="code">The reason where Azure itself refused.</param>
    public static BackendException Of(WireAnswer answer, string code, string doing)
    {
        var status = (int)answer.Status;
        var (meaning, up) = status switch
        {
            >= 200 and < 300 => ("the answer does not have the documented form", true),
            >= 300 and < 400 => ("a redirect, which is not followed", false),
            400 => ("refused", true),
            401 => ("the broker's token was not accepted", true),
            403 => ("the broker's identity may not", true),
            404 => ("nothing is there", true),
            409 => ("a conflict with what is there", true),
            429 => ("a rate limit", false),
            >= 500 => ("an internal fault", false),
            _ => ("refused", true),
        };
        return new BackendException(
            AzureBackend.Word, up ? code : ReasonCodes.TargetUnavailable, string.Create(CultureInfo.InvariantCulture, $"{doing} failed with status {status}{Known(answer)}: {meaning}"), transient: !up);
    }

    /// <summary>No token was given.</summary>
    public static BackendException OfToken(Exception error, string code)
    {
        if (error is BackendException known) return known;
        var service = Within(error).OfType<MsalServiceException>().FirstOrDefault();
        var number = Within(error).Select(one => Number().Match(one.Message)).FirstOrDefault(match => match.Success)?.Value;
        if (service is { StatusCode: >= 400 and < 500 and not (int)HttpStatusCode.TooManyRequests and not (int)HttpStatusCode.RequestTimeout } && number is not null)
            return new BackendException(AzureBackend.Word, code, string.Create(CultureInfo.InvariantCulture, $"Entra gave no token: status {service.StatusCode}, {number}"), transient: false, error);
        var why = service is { StatusCode: > 0 and var status } ? string.Create(CultureInfo.InvariantCulture, $"status {status}")
            : Within(error).Any(one => one is OperationCanceledException or TimeoutException) ? "no answer in time"
            : Within(error).Any(one => one is global::Azure.Identity.CredentialUnavailableException) ? "no login was found on this machine"
            : "no answer that is read";
        return new BackendException(AzureBackend.Word, ReasonCodes.TargetUnavailable, $"Entra gave no token: {why}", transient: true, error);
    }

    public static bool IsUnknownSecret(Exception error) => Within(error).Select(one => Number().Match(one.Message)).Any(match => match.Success && UnknownSecret.Contains(match.Groups[1].Value));

    private static IEnumerable<Exception> Within(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            yield return error;
            if (error is not AggregateException many) continue;
            foreach (var inner in many.InnerExceptions.SelectMany(one => Within(one))) yield return inner;
        }
    }

    /// <summary>The error's code where it is one word; its message may quote anything.</summary>
    private static string Known(WireAnswer answer) =>
        answer.Json?.Object("error")?.Text("code") is { } word && Word().IsMatch(word) ? $" ({word})" : "";

    [GeneratedRegex("AADSTS([0-9]{4,9})", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"^[A-Za-z_]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
