using CredentialBroker.Exceptions;
using CredentialBroker.Protocol;
using CredentialBroker.Templates;

namespace CredentialBroker.Policy;

/// <summary>What an exception changes about a claim, and what must hold of it.</summary>
internal static class ExceptionClauses
{
    /// <summary>The claim as it is under an exception: the template's own numbers, raised to those of the exception, never lowered.</summary>
    public static Facts Under(this Facts facts, ExceptionRecord exception)
    {
        if (facts.Template is not { } template || exception.Terms is not { } terms) return facts with { Exception = exception };
        var ttl = terms.Ttl is { } longer ? Math.Max(template.Ttl, (long)Durations.Parse(longer).TotalMilliseconds) : template.Ttl;
        return facts with
        {
            Exception = exception,
            Template = template with
            {
                Ttl = ttl,
                MaxTtl = Math.Max(template.MaxTtl, ttl),
                ConcurrentLeases = Math.Max(template.ConcurrentLeases, terms.ConcurrentLeases ?? 0),
            },
        };
    }

    /// <summary>Two people, a window, and this very claim (R52).</summary>
    public static Failure? Stands(Judgement claim) => claim.Facts.Exception switch
    {
        null => null,
        { Kind: RecordKind.Exception } exception when exception.IsLive(claim.Facts.Now) && exception.Covers(claim.Template.Name, ClaimDimensions.Of(claim.Facts)) => null,
        _ => new Failure(ReasonCodes.ExceptionOver, "the exception does not cover this claim now"),
    };

    /// <summary>Counted again when the lease is written; judged here where an exception might allow more.</summary>
    public static Failure? Concurrent(Judgement claim) => claim.Facts.Held >= claim.Template.ConcurrentLeases
        ? new Failure(ReasonCodes.ConcurrentLeases, $"the instance holds {claim.Facts.Held} leases of this template, and may hold {claim.Template.ConcurrentLeases}")
        : null;

    /// <summary>A legacy check-out rests on controls that somebody looks at again and again (R32).</summary>
    public static Failure? LegacyReviewed(Judgement claim) => claim.Template.Legacy is { } legacy && legacy.ReviewBy <= claim.Facts.Now
        ? new Failure(ReasonCodes.LegacyReviewOverdue, "the template's compensating controls were to be reviewed before now")
        : null;
}
