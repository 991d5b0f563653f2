using System.Net;
using CredentialBroker.Protocol;
using CredentialBroker.Sidecar.Identity;

namespace CredentialBroker.Sidecar.Life;

/// <summary>Why a call to the broker gave nothing.</summary>
/// <param name="Passing">Nobody said no; it may be otherwise soon.</param>
/// <param name="Wait">How long the broker asks to wait.</param>
internal sealed record Failure(string Code, string Detail, bool Passing, TimeSpan? Wait = null)
{
    /// <summary>Null where the fault is none of the ways that a call may end.</summary>
    public static Failure? Of(Exception fault) => fault switch
    {
        BrokerException refused => Of(refused),
        BrokerUnreachableException unreachable => new(Absence.BrokerUnreachable, unreachable.Message, Passing: true),
        IdentityException unproven => new(Absence.IdentityUnavailable, unproven.Message, Passing: true),
        InvalidDataException wrong => new(Absence.BrokerUnreachable, $"the broker's answer makes no sense: {wrong.Message}", Passing: true),
        _ => null,
    };

    private static Failure Of(BrokerException refused)
    {
        var code = refused.Problem?.Code ?? $"http_{(int)refused.Status}";
        var decision = refused.Problem?.Decision is { } id ? $" (decision {id})" : "";
        // Deferred, and not confirmed yet: decided afresh at the next try.
        var passing = ExitCodes.IsPassing(refused.Status) || refused.Status is HttpStatusCode.Accepted or (HttpStatusCode)425 || code is ReasonCodes.ClaimInProgress or ReasonCodes.LeaseBusy;
        return new Failure(code, $"{refused.Problem?.Detail ?? refused.Problem?.Title ?? refused.Message}{decision}", passing, refused.RetryAfter);
    }
}
