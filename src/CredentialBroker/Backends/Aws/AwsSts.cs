using System.Globalization;
using System.Xml.Linq;
using Amazon.Runtime;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Aws;

/// <summary>
/// Sessions from STS. Each is asked for once: asking again would make a second one, which is why this is not the SDK's
/// client, which sends again where an answer is lost.
/// </summary>
internal sealed class AwsSts(AwsTarget target, AwsWire wire, AWSCredentials keys, KeyRing federation, TimeProvider clock)
{
    /// <summary>How far the machine's clock may be off the provider's before expiries mean nothing.</summary>
    private const long SkewMs = 30_000;

    /// <exception cref="AwsRefusedException">STS said no, and made nothing.</exception>
    /// <exception cref="BackendException">No answer, or not the session that was asked for.</exception>
    public async ValueTask<Assumed> AssumeAsync(AwsAsk ask, CancellationToken cancel)
    {
        var began = clock.NowMs();
        var answer = target.Login.IsFederation
            ? await wire.StsAsync(null, "AssumeRoleWithWebIdentity", [.. ask.Parameters, ("WebIdentityToken", FederationToken.Write(federation, clock, target.Login.Subject, target.Login.Audience, ask.WriteClaims))], cancel)
            : await wire.StsAsync(await AwsKeys.ReadAsync(keys, cancel), "AssumeRole", [.. ask.Parameters, .. ask.OfCall(target.ExternalId)], cancel);
        return Read(answer, ask, began, clock.NowMs());
    }

    private Assumed Read(XElement answer, AwsAsk ask, long began, long now)
    {
        var (credentials, user) = (AwsAnswer.Child(answer, "Credentials"), AwsAnswer.Child(answer, "AssumedRoleUser"));
        if (AwsAnswer.Text(credentials, "AccessKeyId") is not { } id || AwsAnswer.Text(credentials, "SecretAccessKey") is not { } secret || AwsAnswer.Text(credentials, "SessionToken") is not { } token
            || new[] { id, secret, token }.Any(text => text.Any(c => c is <= ' ' or > '~'))
            || !DateTimeOffset.TryParse(AwsAnswer.Text(credentials, "Expiration"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expiration))
            throw AwsAnswer.Odd("AssumeRole");
        if (AwsAnswer.Text(user, "Arn") != AwsArn.SessionOf(ask.Role, ask.Session)) throw Wrong("it is of another account, role or name");
        if (AwsAnswer.Text(user, "AssumedRoleId")?.Split(':') is not [{ Length: > 0 }, var name] || name != ask.Session) throw Wrong("its id is not the one of the session asked for");
        // Emulators leave it out; where it is what the session is ended by, it has to be there.
        var identity = AwsAnswer.Text(answer, "SourceIdentity") ?? (target.DenyBy == "source-identity" && target.Roles.Contains(ask.Role) ? null : ask.Identity);
        if (identity != ask.Identity) throw Wrong("it does not carry the source identity");
        var expires = expiration.ToUnixTimeMilliseconds();
        if (expires > now + (ask.Seconds * 1000L) + SkewMs) throw Wrong("it lives longer than was asked, or the clocks differ");
        if (expires < began + (ask.Seconds * 1000L) - SkewMs) throw Wrong("it does not live as long as was asked, or the clocks differ");
        return new Assumed(new AwsSession(id, secret, token, expires), int.TryParse(AwsAnswer.Text(answer, "PackedPolicySize"), NumberStyles.None, CultureInfo.InvariantCulture, out var packed) ? packed : 0);
    }

    /// <summary>Nobody gets what it is: it ends by its own policy.</summary>
    private static BackendException Wrong(string detail) => new(AwsBackend.Word, ReasonCodes.MintFailed, $"STS made another session than was asked for: {detail}", transient: false);
}
