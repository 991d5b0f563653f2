using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Hosting;

/// <summary>Who may be the other one where two are needed: another operator, and one who is a person.</summary>
internal static class SecondPerson
{
    /// <summary>Subject of the bootstrap token. Whoever reads its file has it, so that it is nobody in particular.</summary>
    private const string Nobody = "bootstrap";

    /// <summary>Why this operator may not second what another did, or null.</summary>
    public static Refusal? Refuse(string first, Operator second)
    {
        if (RefuseNobody(second) is { } nobody) return nobody;
        return Same(first, second.Name) ? new Refusal(ReasonCodes.SelfApproval, "this takes another person than the one who began it") : null;
    }

    /// <summary>Why this operator may not answer for it in person, or null.</summary>
    public static Refusal? RefuseNobody(Operator caller) => caller.Issuer == BootstrapToken.Issuer && Same(caller.Subject, Nobody)
        ? new Refusal(ReasonCodes.OperatorForbidden, "the bootstrap token names nobody; this takes an operator in person")
        : null;

    /// <summary>Letter case and surrounding blanks do not make another person.</summary>
    private static bool Same(string one, string other) => string.Equals(one.Trim(), other.Trim(), StringComparison.OrdinalIgnoreCase);
}
