using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Intake;

/// <summary>Who approved, apart from who asked. Letter case and surrounding blanks do not make another person.</summary>
internal static class SecondPerson
{
    public static Refusal? Check(ApprovalSource source, ApprovalDocument.Approved document)
    {
        if (IsSelfApproved(document.Requester, document.Approvers) && !source.AllowsSelfApproval)
        {
            return new Refusal(ReasonCodes.SelfApproval, "the requester is among the approvers");
        }

        if (source.Options.MinApprovers == 0) return null;
        if (document.Requester is null) return Missing("approval.requester is missing, so that no approver is known to be another person");
        var people = document.Approvers.Select(Person).Distinct(StringComparer.Ordinal)
            .Except([Person(document.Requester), .. source.Options.ServiceAccounts.Select(Person)], StringComparer.Ordinal).Count();
        return people >= source.Options.MinApprovers
            ? null
            : Missing($"approval.approvers names {people} people besides requester and service accounts; this source needs {source.Options.MinApprovers}");
    }

    public static bool IsSelfApproved(string? requester, IEnumerable<string> approvers) =>
        requester is not null && approvers.Any(a => Person(a) == Person(requester));

    private static string Person(string name) => name.Trim().ToUpperInvariant();

    private static Refusal Missing(string detail) => new(ReasonCodes.ApproversMissing, detail);
}
