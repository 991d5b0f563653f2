using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Backends.Azure;

/// <summary>The part of Microsoft Graph that applications' secrets take, for a caller that owns the application.</summary>
internal sealed partial class StandInGraph(AzureStandInState state)
{
    public AzureStandInReply Handle(HttpRequest request, string body)
    {
        if (state.Caller(request, state.Url.GetLeftPart(UriPartial.Authority)) is not { } caller) return AzureStandInReply.Error(401, "InvalidAuthenticationToken", "Access token validation failure.");
        if (Call().Match(request.Path.Value!) is not { Success: true } call) return state.Unknown(request);
        var id = call.Groups["id"].Value;
        if (!state.Applications.TryGetValue(id, out var application)) return AzureStandInReply.Error(404, "Request_ResourceNotFound", $"Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
        if (!state.Applications[caller.ClientId].Owns.Contains(id)) return AzureStandInReply.Error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
        return (request.Method, call.Groups["action"].Value) switch
        {
            ("GET", "") when request.QueryString.Value == "?$select=appId,passwordCredentials" => new AzureStandInReply(200, new JsonObject
            {
                ["@odata.context"] = $"{state.Url}v1.0/$metadata#applications(appId,passwordCredentials)/$entity", ["appId"] = application.ClientId,
                ["passwordCredentials"] = new JsonArray([.. application.Passwords.Where(one => !one.Hidden).Select(one => (JsonNode)Shown(one, withText: false))]),
            }),
            ("POST", "/addPassword") => Add(application, AzureStandInReply.Parse(body)),
            ("POST", "/removePassword") => Remove(application, AzureStandInReply.Parse(body)),
            _ => state.Unknown(request),
        };
    }

    private AzureStandInReply Add(StandInApplication application, JsonObject? body)
    {
        if (body?["passwordCredential"] is not JsonObject asked) return AzureStandInReply.Error(400, "Request_BadRequest", "Invalid request body.");
        state.Only("addPassword", body, "passwordCredential");
        state.Only("passwordCredential", asked, "displayName", "endDateTime", "startDateTime");
        if ((string?)asked["displayName"] is { Length: > 90 }) return AzureStandInReply.Error(400, "Request_BadRequest", "displayName is too long.");
        var ends = asked["endDateTime"] is { } end ? DateTimeOffset.Parse((string)end!, CultureInfo.InvariantCulture) : state.Now.AddYears(2);
        if (ends <= state.Now) return AzureStandInReply.Error(400, "Request_BadRequest", "Key credential end date is invalid.");
        var made = new StandInPassword(new Guid(RandomNumberGenerator.GetBytes(16)).ToString("D"), (string?)asked["displayName"], state.Now, ends, RandomNumberGenerator.GetHexString(8) + "~" + RandomNumberGenerator.GetHexString(31));
        application.Passwords.Add(made);
        return new AzureStandInReply(200, Shown(made, withText: true));
    }

    private AzureStandInReply Remove(StandInApplication application, JsonObject? body)
    {
        if (!Guid.TryParse((string?)body?["keyId"], out var key)) return AzureStandInReply.Error(400, "Request_BadRequest", "Invalid request body.");
        state.Only("removePassword", body!, "keyId");
        return application.Passwords.RemoveAll(one => one.KeyId == key.ToString("D")) > 0
            ? new AzureStandInReply(204)
            : AzureStandInReply.Error(400, "Request_BadRequest", "No password credential found with keyId.");
    }

    private static JsonObject Shown(StandInPassword one, bool withText) => new()
    {
        ["customKeyIdentifier"] = null, ["displayName"] = one.Name, ["endDateTime"] = one.Ends.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture), ["hint"] = one.Text[..3], ["keyId"] = one.KeyId,
        ["secretText"] = withText ? one.Text : null, ["startDateTime"] = one.Starts.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture),
    };

    [GeneratedRegex(@"^/v1\.0/applications\(appId='(?<id>[0-9a-f-]{36})'\)(?<action>/addPassword|/removePassword)?\z")]
    private static partial Regex Call();
}
