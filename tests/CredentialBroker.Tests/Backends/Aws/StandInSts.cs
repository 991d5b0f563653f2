using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CredentialBroker.Backends.Aws;

/// <summary>AssumeRole and AssumeRoleWithWebIdentity, with the checks that their documentation names.</summary>
internal static class StandInSts
{
    private static readonly string[] Common = ["Action", "Version", "RoleArn", "RoleSessionName", "DurationSeconds", "Policy"];

    public static string Answer(StandInAccount account, StandInCaller caller, Dictionary<string, string> form)
    {
        // Which every caller may, whatever a policy denies.
        if (form["Action"] == "GetCallerIdentity" && caller.User is { } user)
            return $"<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>{user.Arn}</Arn><UserId>{user.KeyId}</UserId><Account>{StandInAccount.Id}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
        if (form["Action"] != "AssumeRole") throw StandInRefusal.Undocumented(form["Action"]);
        Know(form, [.. Common, "SourceIdentity", "ExternalId"], "PolicyArns.member.", "Tags.member.", "TransitiveTagKeys.member.");
        var tags = new Dictionary<string, string>();
        for (var i = 1; form.TryGetValue($"Tags.member.{i}.Key", out var key); i++) tags.Add(key, form[$"Tags.member.{i}.Value"]);
        var transitive = Enumerable.Range(1, 50).Select(i => form.GetValueOrDefault($"TransitiveTagKeys.member.{i}")).OfType<string>();
        if (transitive.Except(tags.Keys).Any()) throw new StandInRefusal(400, "ValidationError", "transitive keys");
        var context = form.TryGetValue("ExternalId", out var external) ? new Dictionary<string, string> { ["sts:ExternalId"] = external } : [];
        var seconds = Seconds(form);
        if (caller.Session is not null && seconds > 3600) throw new StandInRefusal(400, "ValidationError", "role chaining is for an hour at most");
        return Make(account, form, ("AWS", caller.Arn, "sts:AssumeRole"), context, form.GetValueOrDefault("SourceIdentity"), tags, "AssumeRole", "");
    }

    public static async Task<string> ByTokenAsync(StandInAccount account, Dictionary<string, string> form)
    {
        Know(form, [.. Common, "WebIdentityToken", "ProviderId"], "PolicyArns.member.");
        var token = new JsonWebToken(form["WebIdentityToken"]);
        var (audience, key) = account.Locked(() => account.Providers.GetValueOrDefault(token.Issuer));
        if (key is null) throw new StandInRefusal(400, "InvalidIdentityToken", "issuer");
        var result = await new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.ValidateTokenAsync(form["WebIdentityToken"], new TokenValidationParameters
        {
            ValidIssuer = token.Issuer, ValidAudience = audience, IssuerSigningKey = key, ValidateLifetime = false,
        });
        if (!result.IsValid) throw new StandInRefusal(400, "InvalidIdentityToken", result.Exception.Message);
        if (account.Now > token.ValidTo.AddSeconds(30)) throw new StandInRefusal(400, "ExpiredTokenException");
        string? identity = null;
        var tags = new Dictionary<string, string>();
        if (token.TryGetPayloadValue<string>("https://aws.amazon.com/source_identity", out var claimed)) identity = claimed;
        if (token.TryGetPayloadValue<JsonElement>("https://aws.amazon.com/tags", out var claims))
        {
            foreach (var tag in claims.GetProperty("principal_tags").EnumerateObject()) tags[tag.Name] = tag.Value.EnumerateArray().Single().GetString()!;
            if (claims.GetProperty("transitive_tag_keys").EnumerateArray().Any(key => !tags.ContainsKey(key.GetString()!))) throw new StandInRefusal(400, "InvalidIdentityToken", "transitive keys");
        }

        var issuer = token.Issuer["https://".Length..];
        var context = new Dictionary<string, string> { [$"{issuer}:aud"] = audience, [$"{issuer}:sub"] = token.Subject };
        return account.Locked(() => Make(
            account, form, ("Federated", $"arn:aws:iam::{StandInAccount.Id}:oidc-provider/{issuer}", "sts:AssumeRoleWithWebIdentity"), context, identity, tags, "AssumeRoleWithWebIdentity",
            $"<SubjectFromWebIdentityToken>{token.Subject}</SubjectFromWebIdentityToken><Audience>{audience}</Audience><Provider>arn:aws:iam::{StandInAccount.Id}:oidc-provider/{issuer}</Provider>"));
    }

    private static string Make(
        StandInAccount account, Dictionary<string, string> form, (string Kind, string Principal, string Action) who, Dictionary<string, string> context, string? identity, Dictionary<string, string> tags, string action, string more)
    {
        var name = form["RoleSessionName"];
        var seconds = Seconds(form);
        if (!Regex.IsMatch(name, @"^[\w+=,.@-]{2,64}$") || (identity is not null && !Regex.IsMatch(identity, @"^[\w+=,.@-]{2,64}$")) || seconds is < 900 or > 43200
            || tags.Count > 50 || tags.Any(tag => !Regex.IsMatch(tag.Key, @"^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$") || !Regex.IsMatch(tag.Value, @"^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$")))
            throw new StandInRefusal(400, "ValidationError", "a parameter's form");
        var role = account.Roles.Values.SingleOrDefault(one => one.Arn == form["RoleArn"]) ?? throw new StandInRefusal(403, "AccessDenied", "no such role");
        if (account.Unknown > 0)
        {
            account.Unknown--;
            throw new StandInRefusal(403, "AccessDenied", "not known everywhere yet");
        }

        foreach (var needed in new[] { who.Action, tags.Count > 0 ? "sts:TagSession" : null, identity is not null ? "sts:SetSourceIdentity" : null }.OfType<string>())
        {
            if (!role.Trust.Trusts(who.Kind, who.Principal, needed, context)) throw new StandInRefusal(403, "AccessDenied", $"{needed} is not trusted");
        }

        if (seconds > role.Longest) throw new StandInRefusal(400, "ValidationError", "longer than the role's sessions");
        var arns = Enumerable.Range(1, 11).Select(i => form.GetValueOrDefault($"PolicyArns.member.{i}.arn")).OfType<string>().ToList();
        var policies = arns.Select(arn => account.Policies.GetValueOrDefault(arn) ?? throw new StandInRefusal(400, "MalformedPolicyDocument", "no such policy")).ToList();
        if (arns.Count > 10) throw new StandInRefusal(400, "ValidationError", "more than ten policies");
        var text = form.GetValueOrDefault("Policy", "");
        if (text.Length > 2048) throw new StandInRefusal(400, "ValidationError", "a policy of more than 2048 characters");
        if (text.Length > 0) policies.Add(PolicyDocument.Read(text, isTrust: false));
        // How AWS packs is its own; what is asked for here is far from the limit or far beyond it.
        var packed = (text.Length + arns.Sum(arn => arn.Length) + tags.Sum(tag => tag.Key.Length + tag.Value.Length)) / 30;
        if (packed > 100) throw new StandInRefusal(400, "PackedPolicyTooLarge");
        var issued = DateTimeOffset.FromUnixTimeSeconds(account.Now.ToUnixTimeSeconds());
        var session = new StandInSession(
            role, name, $"ASIA{StandInAccount.Random(16)}", RandomNumberGenerator.GetHexString(40), Convert.ToBase64String(RandomNumberGenerator.GetBytes(120)), issued, issued.AddSeconds(seconds), identity, tags, policies);
        account.Sessions.Add(session.KeyId, session);
        return $"""
            <{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>{(identity is null ? "" : $"<SourceIdentity>{identity}</SourceIdentity>")}
            <Credentials><AccessKeyId>{session.KeyId}</AccessKeyId><SecretAccessKey>{session.Secret}</SecretAccessKey><SessionToken>{session.Token}</SessionToken><Expiration>{AwsStandIn.Time(session.Expires)}</Expiration></Credentials>
            <AssumedRoleUser><Arn>arn:aws:sts::{StandInAccount.Id}:assumed-role/{role.Name}/{name}</Arn><AssumedRoleId>{role.Id}:{name}</AssumedRoleId></AssumedRoleUser>
            <PackedPolicySize>{packed.ToString(CultureInfo.InvariantCulture)}</PackedPolicySize>{more}</{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>
            """;
    }

    private static int Seconds(Dictionary<string, string> form) => int.Parse(form.GetValueOrDefault("DurationSeconds", "3600"), CultureInfo.InvariantCulture);

    private static void Know(Dictionary<string, string> form, string[] names, params string[] lists)
    {
        if (form.Keys.FirstOrDefault(name => !names.Contains(name) && !lists.Any(list => name.StartsWith(list, StringComparison.Ordinal))) is { } other) throw StandInRefusal.Undocumented(other);
    }
}
