using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Protocol;

namespace CredentialBroker.Attestation;

/// <summary>The trust source that takes signed calls to AWS. Everything that can be told without STS is, before it is asked.</summary>
internal sealed class AwsCallSource(string name, AwsCallEvidence kind, WorkloadSourceOptions options, StsCaller sts, TimeProvider clock)
{
    private readonly AwsSourceOptions _aws = options.Aws!;

    internal async Task<Attested> AttestAsync(string bearer, CancellationToken cancel)
    {
        if (SignedCall.Read(bearer, out var fault) is not { } call)
        {
            return new Attested.Refused(ReasonCodes.EvidenceMalformed, fault);
        }

        if (!_aws.Regions.Contains(call.Region, StringComparer.Ordinal))
        {
            return new Attested.Refused(ReasonCodes.EvidenceUntrustedIssuer, "The signed call is for a region that its source does not name.");
        }

        var ends = call.SignedAt + options.EffectiveMaxLifetime;
        var now = clock.GetUtcNow();
        if (now >= ends || call.SignedAt > now + options.ClockSkew)
        {
            return new Attested.Refused(ReasonCodes.EvidenceLifetime, "The call was signed too long ago, or in the future.");
        }

        return await sts.AskAsync(call, cancel).ConfigureAwait(false) switch
        {
            ({ } answer, _) => Prove(answer, call, ends),
            (_, { } refusal) => refusal,
            _ => throw new InvalidOperationException("Asking STS has two outcomes."),
        };
    }

    private Attested Prove(StsAnswer answer, SignedCall call, DateTimeOffset ends)
    {
        if (AwsPrincipal.OfSession(answer.Arn) is not { } session
            || session.Account != answer.Account || !_aws.Accounts.Contains(session.Account, StringComparer.Ordinal))
        {
            return new Attested.Refused(ReasonCodes.EvidenceClaims, "The caller is no session of a role in an account of its source.");
        }

        // AROA begins the unique ids of roles: a role made anew under an old name has another.
        if (answer.UserId.Split(':') is not [{ Length: >= 16 and <= 32 } role, { } named]
            || named != session.Session || !role.StartsWith("AROA", StringComparison.Ordinal) || !role.All(char.IsAsciiLetterOrDigit))
        {
            return new Attested.Refused(ReasonCodes.EvidenceClaims, "The caller's unique id is not that of its role and session.");
        }

        var attributes = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["account"] = session.Account, ["role"] = session.Role, ["roleId"] = role, ["session"] = session.Session!, ["region"] = call.Region,
        };
        // The query holds the whole signature, in the one spelling that the broker gave it.
        var digest = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(call.Query)));
        return new Attested.As(new Workload(
            name, kind.Name, session.Uri, answer.Arn, _aws.SessionIsInstance ? answer.UserId : role, kind.Strength, attributes, [],
            $"{name}:sha256.{digest}", ends.ToUnixTimeMilliseconds())
        {
            Reuse = EvidenceReuse.Never,
        });
    }
}
