namespace CredentialBroker.Approvals.Intake;

/// <summary>Reads what a document says of the running thing and of the need for it.</summary>
internal static class CircumstancesReader
{
    public static Circumstances Read(Members members)
    {
        var read = new Circumstances
        {
            HostResources = members.Texts("hostResources", most: 64, longest: 512),
            Weaknesses = members.Texts("weaknesses", most: 32, longest: 128),
            Posture = members.Text("posture", 128),
            Ticket = members.Text("ticket", 128),
            RiskClass = members.Text("riskClass", 63),
            Owner = members.Text("owner", 256),
        };
        if (read.RiskClass is { } risk && !Circumstances.RiskClasses.Contains(risk)) members.Fail("riskClass", $"is none of {string.Join(", ", Circumstances.RiskClasses)}");
        if (read.IsAutonomous && read.Owner is null) members.Fail("owner", "is missing; a person or team answers for what is autonomous");
        return read.IsNone ? Circumstances.None : read;
    }
}
