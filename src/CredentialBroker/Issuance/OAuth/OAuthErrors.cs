using CredentialBroker.Hosting;
using CredentialBroker.Protocol;

namespace CredentialBroker.Issuance.OAuth;

/// <summary>
/// Refusals in the words of RFC 6749 section 5.2 and its extensions. A client acts on <c>error</c>; people read the
/// broker's own reason code in <c>error_description</c>.
/// </summary>
internal static class OAuthErrors
{
    /// <param name="detail">More than the code, where the caller may know it.</param>
    public static IResult Of(string code, string? detail = null, string? decision = null) => Of(ErrorOf(code), code, detail, decision);

    public static IResult Of(string error, string code, string? detail, string? decision) => new ErrorResult(error, Describe(code, detail, decision));

    /// <summary>Runs a handler, and answers its faults in these words too.</summary>
    public static async Task<IResult> GuardAsync(Func<Task<IResult>> handle)
    {
        try
        {
            return await handle();
        }
        catch (BadHttpRequestException error)
        {
            return Of(error.StatusCode == StatusCodes.Status413PayloadTooLarge ? ReasonCodes.RequestTooLarge : ReasonCodes.RequestMalformed, error.Message);
        }
        catch (Storage.Journaling.JournalFullException)
        {
            return Of(ReasonCodes.Overloaded);
        }
        catch (Exception error) when (error is Storage.Journaling.StoreUnavailableException or System.Data.Common.DbException or TimeoutException)
        {
            return Of(ReasonCodes.StoreUnavailable);
        }
    }

    private static string ErrorOf(string code) => code switch
    {
        ReasonCodes.TierDeferred => "temporarily_unavailable",
        _ when Problems.StatusOf(code) == StatusCodes.Status503ServiceUnavailable => "temporarily_unavailable",
        ReasonCodes.TemplateUnknown or ReasonCodes.TemplateAmbiguous or ReasonCodes.EnvironmentMismatch => "invalid_target",
        ReasonCodes.WorkloadNotMatched or ReasonCodes.StrengthTooLow or ReasonCodes.DelegationTooDeep or ReasonCodes.LeaseUnknown => "unauthorized_client",
        ReasonCodes.IntentRefused or ReasonCodes.ParameterRefused => "invalid_scope",
        ReasonCodes.ProofInvalid => "invalid_dpop_proof",
        ReasonCodes.Frozen => "access_denied",
        ReasonCodes.RequestMalformed or ReasonCodes.RequestTooLarge or ReasonCodes.ProofMissing => "invalid_request",
        // RFC 8693 section 2.2.2 wants this word, and not invalid_grant, for a subject or actor token that does not hold.
        _ when code.StartsWith("evidence_", StringComparison.Ordinal) => "invalid_request",
        _ => "invalid_grant",
    };

    /// <summary>Only what RFC 6749 section 5.2 allows: printable ASCII without quotes and backslashes.</summary>
    private static string Describe(string code, string? detail, string? decision)
    {
        var text = code + (detail is null ? "" : $": {detail}") + (decision is null ? "" : $" (decision {decision})");
        return string.Concat(text.Select(c => c is '"' or '\\' or < ' ' or > '~' ? '\'' : c));
    }

    private sealed class ErrorResult(string error, string description) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = error switch
            {
                "invalid_client" => StatusCodes.Status401Unauthorized,
                "temporarily_unavailable" => StatusCodes.Status503ServiceUnavailable,
                _ => StatusCodes.Status400BadRequest,
            };
            response.Headers.CacheControl = "no-store";
            if (response.StatusCode == StatusCodes.Status503ServiceUnavailable) response.Headers.RetryAfter = "1";
            if (response.StatusCode == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = "Bearer";
            return Results.Json(new Dictionary<string, string> { ["error"] = error, ["error_description"] = description }, OAuthJson.Default.DictionaryStringString, statusCode: response.StatusCode)
                .ExecuteAsync(httpContext);
        }
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class OAuthJson : System.Text.Json.Serialization.JsonSerializerContext;
