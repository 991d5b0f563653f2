using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using CredentialBroker.Protocol;

namespace CredentialBroker.Attestation;

/// <summary>Whom STS says a signed call is from.</summary>
/// <param name="Account">Its account.</param>
/// <param name="Arn">Its ARN.</param>
/// <param name="UserId">For a session: the role's unique id, a colon, the session's name.</param>
internal sealed record StsAnswer(string Account, string Arn, string UserId);

/// <summary>
/// Makes signed calls to STS: only to hosts made from configured regions, only so many at a time, and reads an answer
/// of exactly the documented form. An answer in any other form could be a reflection of what the caller sent.
/// </summary>
internal sealed class StsCaller(HttpClient http, string audience, Uri? standIn)
{
    private const int AtATime = 16;
    private const int MaxAnswer = 8 * 1024;

    private int _underWay;

    /// <returns>The caller, or the refusal.</returns>
    internal async Task<(StsAnswer? Answer, Attested.Refused? Refusal)> AskAsync(SignedCall call, CancellationToken cancel)
    {
        // Anybody can send what looks like a signed call; a queue of them would only make everybody late.
        try
        {
            if (Interlocked.Increment(ref _underWay) > AtATime)
            {
                return (null, Unavailable("As many calls to STS are under way as there may be."));
            }

            var host = StsHosts.Of(call.Region);
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(standIn ?? new Uri($"https://{host}"), $"/?{call.Query}"));
            request.Headers.Host = host;
            request.Headers.TryAddWithoutValidation(SignedCall.AudienceHeader, audience);
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancel).ConfigureAwait(false);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => await ReadAsync(answer.Content, cancel).ConfigureAwait(false),
                HttpStatusCode.BadRequest or HttpStatusCode.Forbidden => (null, new Attested.Refused(ReasonCodes.EvidenceSignature, "STS did not confirm the signed call.")),
                _ => (null, Unavailable($"STS answered {(int)answer.StatusCode}.")),
            };
        }
        catch (Exception failure) when (failure is HttpRequestException || (failure is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return (null, Unavailable("STS could not be asked."));
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private static async Task<(StsAnswer? Answer, Attested.Refused? Refusal)> ReadAsync(HttpContent content, CancellationToken cancel)
    {
        var body = await content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false);
        var said = content.Headers.ContentType?.MediaType == "application/json" && body.Length <= MaxAnswer && StrictJson.TryReadObject(body, out var json, out _)
            ? Caller(json)
            : null;
        return said is null ? (null, Unavailable("STS's answer does not have the form it must have.")) : (said, null);
    }

    private static StsAnswer? Caller(JsonElement answer) =>
        Only(answer, "GetCallerIdentityResponse") is { } response && Member(response, "GetCallerIdentityResult") is { } result
        && result.Text("Account") is { } account && result.Text("Arn") is { } arn && result.Text("UserId") is { } id
            ? new StsAnswer(account, arn, id)
            : null;

    private static JsonElement? Only(JsonElement value, string name) => value.GetPropertyCount() == 1 ? Member(value, name) : null;

    private static JsonElement? Member(JsonElement value, string name) =>
        value.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Object ? member : null;

    private static Attested.Refused Unavailable(string detail) => new(ReasonCodes.EvidenceCheckUnavailable, detail);
}
