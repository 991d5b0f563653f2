using System.Text.Json;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuer;

/// <summary>The broker's own login at clouds and secret stores: a token of the federation issuer, made afresh for each exchange.</summary>
internal static class FederationToken
{
    private const long LivesSeconds = 60;

    /// <param name="subject">Whom the far side's trust policy names.</param>
    /// <param name="audience">One of <see cref="ReservedAudiences"/>.</param>
    /// <param name="more">Further claims that the far side gives a meaning to.</param>
    public static string Write(KeyRing federation, TimeProvider clock, string subject, string audience, Action<Utf8JsonWriter>? more = null)
    {
        var now = clock.NowMs() / 1000;
        return TokenWriter.Write(federation, json =>
        {
            json.WriteString("iss"u8, federation.Issuer);
            json.WriteString("sub"u8, subject);
            json.WriteString("aud"u8, audience);
            json.WriteNumber("iat"u8, now);
            json.WriteNumber("nbf"u8, now);
            json.WriteNumber("exp"u8, now + LivesSeconds);
            json.WriteString("jti"u8, Protocol.Ids.New(clock));
            more?.Invoke(json);
        });
    }

    /// <summary>What is wrong with a login's subject and audience, each with its configuration path.</summary>
    public static IEnumerable<string> Validate(string subject, string audience, ReservedAudiences reserved, string path)
    {
        if (!reserved.Include(audience)) yield return $"{path}:Audience: must be one of the broker's own federation (Issuer:FederationAudiences)";
        if (subject.Length is 0 or > 128 || subject.Any(c => c is <= ' ' or > '~')) yield return $"{path}:Subject: must be 1 to 128 visible characters";
    }
}
