namespace CredentialBroker.WebConsole.Frame;

/// <param name="Icon">Path in a 16 by 16 picture.</param>
internal sealed record MenuEntry(string Name, string Address, string Icon);

/// <summary>The pages.</summary>
internal static class Menu
{
    public const string Overview = "/console", Leases = "/console/leases", Approvals = "/console/approvals", Templates = "/console/templates", Incidents = "/console/incidents",
        Controls = "/console/controls", Reviews = "/console/reviews", Audit = "/console/audit";

    public static IReadOnlyList<MenuEntry> Entries { get; } =
    [
        new("Overview", Overview, "M2 9h3v5H2zM6.5 5h3v9h-3zM11 2h3v12h-3z"),
        new("Leases", Leases, "M2 3.5h12M2 8h12M2 12.5h8"),
        new("Approvals", Approvals, "M3 8.5 6.5 12 13 4.5"),
        new("Templates", Templates, "M3.5 2h6L13 5.5V14H3.5zM9 2v4h4"),
        new("Incidents", Incidents, "M8 2 14.5 13.5h-13zM8 6.5v3.5M8 11.9v.3"),
        new("Freezes & holds", Controls, "M8 1.5v13M2.4 4.8l11.2 6.4M13.6 4.8 2.4 11.2"),
        new("Reviews", Reviews, "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.5 10.5 14 14"),
        new("Audit", Audit, "M8 1.5 13.5 4v4c0 3.5-2.5 5.5-5.5 6.5C5 13.5 2.5 11.5 2.5 8V4z"),
    ];
}
