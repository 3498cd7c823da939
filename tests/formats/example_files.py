"""Small valid files of every format, written in the formats' documented syntax; each holds known numbers."""

import gzip
import io
import struct
import zipfile

import h5py
import numpy as np

POINTS = 10 + 0.5 * np.arange(6)
COUNTS = np.array([5.0, 7.0, 100.0, 2500.0, 90.0, 6.0])
FACTORS = np.array([1.0, 1.0, 1.0, 10.0, 10.0, 1.0])


def ras(n_scans: int = 1, *, unit: str = "counts", scan_axis: str = "TwoThetaTheta", wavelength: bool = True) -> bytes:
    lines = ["*RAS_DATA_START"]
    for number in range(n_scans):
        lines += [
            "*RAS_HEADER_START",
            '*FILE_SAMPLE "silicon"',
            *(['*HW_XG_WAVE_LENGTH_ALPHA1 "1.540593"', '*HW_XG_WAVE_LENGTH_ALPHA2 "1.544414"'] if wavelength else []),
            '*MEAS_COND_AXIS_NAME-3 "Temp"',
            f'*MEAS_COND_AXIS_POSITION-3 "{25 + number}"',
            '*MEAS_COND_AXIS_UNIT-3 "C"',
            f'*MEAS_SCAN_AXIS_X_INTERNAL "{scan_axis}"',
            '*MEAS_SCAN_MODE "CONTINUOUS"',
            '*MEAS_SCAN_STEP "0.5"',
            '*MEAS_SCAN_SPEED "2.0"',
            '*MEAS_SCAN_SPEED_UNIT "deg/min"',
            '*MEAS_SCAN_START_TIME "06/11/26 13:59:11"',
            f'*MEAS_SCAN_UNIT_Y "{unit}"',
            f'*MEAS_DATA_COUNT "{len(POINTS)}"',
            "*RAS_HEADER_END",
            "*RAS_INT_START",
            *(f"{x:.4f} {y + number:.4f} {f:.4f}" for x, y, f in zip(POINTS, COUNTS, FACTORS, strict=True)),
            "*RAS_INT_END",
        ]
    return "\r\n".join([*lines, "*RAS_DATA_END", ""]).encode("latin-1")


def gsas(record: str = "FXYE", *, comments: tuple[str, ...] = (), n_banks: int = 1) -> bytes:
    lines = ["silicon, written for a test".ljust(80), *comments]
    for number in range(1, n_banks + 1):
        lines.append(f"BANK {number} {len(POINTS)} {len(POINTS)} CONS 1000.0 50.0 0 0 {record}".ljust(80))
        errors = np.sqrt(COUNTS)
        if record == "FXYE":
            lines += [f"{100 * x:.2f} {y:.3f} {e:.3f}" for x, y, e in zip(POINTS, COUNTS, errors, strict=True)]
        elif record == "FXY":
            lines += [f"{100 * x:.2f} {y:.3f}" for x, y in zip(POINTS, COUNTS, strict=True)]
        else:
            cells = [
                f"{y:8.1f}{e:8.2f}" if record == "ESD" else f"{1:2d}{y:6.0f}"
                for y, e in zip(COUNTS, errors, strict=True)
            ]
            per_line = 80 // len(cells[0])
            lines += ["".join(cells[i : i + per_line]).ljust(80) for i in range(0, len(cells), per_line)]
    return "\r\n".join([*lines, ""]).encode()


def pdcif(
    *, tags: tuple[str, str] = ("_pd_meas_2theta_scan", "_pd_meas_counts_total"), wavelength: bool = True
) -> bytes:
    head = ["data_silicon", "_diffrn_ambient_temperature 295(2)", "_pd_meas_step_count_time 1.5"]
    head += ["_pd_meas_datetime_initiated 2024-01-01T10:00", "_pd_meas_scan_method step"]
    beam = "loop_\n_diffrn_radiation_wavelength\n_diffrn_radiation_wavelength_wt\n1.540593 1.0\n1.544427 0.5\n"
    rows = [f"{x:.3f} {y:.0f}({np.sqrt(y):.0f})" for x, y in zip(POINTS, COUNTS, strict=True)]
    loop = ["loop_", *tags, *rows]
    return "\n".join([*head, beam if wavelength else "", *loop, ""]).encode()


def nexus(n_entries: int = 1, *, units: str = "deg", name: str = "two_theta", rows: int = 0) -> bytes:
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file.attrs["default"] = "entry1"
        for number in range(1, n_entries + 1):
            entry = file.create_group(f"entry{number}")
            entry.attrs.update({"NX_class": "NXentry", "default": "data"})
            entry["start_time"] = "2024-01-01T10:00:00"
            data = entry.create_group("data")
            data.attrs.update({"NX_class": "NXdata", "signal": "counts"})
            data.attrs["axes"] = ["scan", name] if rows else [name]
            data[name] = POINTS
            data[name].attrs["units"] = units
            data["counts"] = np.add.outer(np.arange(rows), COUNTS) if rows else COUNTS + number - 1
            data["counts"].attrs["units"] = "counts"
            beam = entry.create_group("instrument/beam")
            beam["incident_wavelength"] = 0.04
            beam["incident_wavelength"].attrs["units"] = "nm"
            sample = entry.create_group("sample")
            sample["temperature"] = 20.0
            sample["temperature"].attrs["units"] = "C"
    return memory.getvalue()


def xrdml(
    n_scans: int = 1,
    *,
    attenuated: bool = True,
    scan_axis: str = "Gonio",
    beam: str = "K-Alpha 1",
    listed: bool = False,
) -> bytes:
    def words(values: np.ndarray) -> str:
        return " ".join(f"{value:g}" for value in values)

    place = (
        f"<listPositions>{words(POINTS)}</listPositions>"
        if listed
        else f"<startPosition>{POINTS[0]}</startPosition><endPosition>{POINTS[-1]}</endPosition>"
    )
    factors = f"<beamAttenuationFactors>{words(FACTORS)}</beamAttenuationFactors>" if attenuated else ""
    scans = "".join(
        f'<scan appendNumber="{i}" mode="Continuous" scanAxis="{scan_axis}" status="Completed">'
        "<header><startTimeStamp>2024-11-21T08:15:24-08:00</startTimeStamp></header><dataPoints>"
        f'<positions axis="2Theta" unit="deg">{place}</positions>'
        f'<positions axis="Omega" unit="deg"><commonPosition>{i}</commonPosition></positions>'
        f'<commonCountingTime unit="seconds">10.5</commonCountingTime>{factors}'
        f'<counts unit="counts">{words(COUNTS + i)}</counts></dataPoints></scan>'
        for i in range(n_scans)
    )
    return (
        '\ufeff<?xml version="1.0"?>\n<xrdMeasurements xmlns="http://www.xrdml.com/XRDMeasurement/2.3">'
        f'<xrdMeasurement measurementType="Scan"><usedWavelength intended="{beam}">'
        '<kAlpha1 unit="Angstrom">1.5405980</kAlpha1><kAlpha2 unit="Angstrom">1.5444260</kAlpha2>'
        '<kBeta unit="Angstrom">1.3922500</kBeta><ratioKAlpha2KAlpha1>0.5000</ratioKAlpha2KAlpha1></usedWavelength>'
        f"{scans}</xrdMeasurement></xrdMeasurements>"
    ).encode()


def zipped(parts: dict[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as file:
        for name, raw in parts.items():
            file.writestr(name, raw)
    return memory.getvalue()


def rasx_parts(n_scans: int = 1, *, scan_axis: str = "TwoThetaTheta", wave_type: str = "Ka") -> dict[str, bytes]:
    rows = [f"{x:.4f}\t{y:g}\t{f:g}" for x, y, f in zip(POINTS, COUNTS, FACTORS, strict=True)]
    conditions = (
        "<MeasurementConditions><GeneralInformation><SampleName>silicon</SampleName></GeneralInformation>"
        '<HWConfigurations><Categories><Category Name="Detector" SelectedUnit="SC70"/></Categories>'
        '<Distances><Distance To="a" From="b" Unit="mm" Value="90"/></Distances>'
        f"<XrayGenerator><TargetName>Cu</TargetName><WaveType>{wave_type}</WaveType>"
        "<WavelengthKbeta>1.392246</WavelengthKbeta><WavelengthKalpha1>1.540593</WavelengthKalpha1>"
        "<WavelengthKalpha2>1.544414</WavelengthKalpha2></XrayGenerator><Optics><Attribute>PB</Attribute></Optics>"
        '</HWConfigurations><Axes><Axis Name="Temp" Unit="C" Offset="0" Position="550" State="Fixed"/></Axes>'
        f"<ScanInformation><AxisName>{scan_axis}</AxisName><Mode>CONTINUOUS</Mode><Step>0.5</Step><Speed>2.0</Speed>"
        "<SpeedUnit>deg/min</SpeedUnit><PositionUnit>deg</PositionUnit><IntensityUnit>counts</IntensityUnit>"
        f"<StartTime>2022-11-10T17:20:52Z</StartTime><DataCount>{len(POINTS)}</DataCount></ScanInformation>"
        "<RASHeader><Pair><string>*MEAS_COND_AXIS_NAME-0</string><string>Temp</string></Pair></RASHeader>"
        "</MeasurementConditions>"
    )
    parts = {"root.xml": b"<Root/>"}
    for i in range(n_scans):
        parts[f"Data{i}/Profile{i}.txt"] = b"\xef\xbb\xbf" + "\r\n".join([*rows, ""]).encode()
        parts[f"Data{i}/MesurementConditions{i}.xml"] = b"\xef\xbb\xbf" + conditions.encode()
    return parts


def rasx(n_scans: int = 1, **options: str) -> bytes:
    return zipped(rasx_parts(n_scans, **options))


def brml_parts(n_scans: int = 1, *, scan_axis: str = "TwoTheta") -> dict[str, bytes]:
    parts = {}
    for i in range(n_scans):
        rows = "".join(f"<Datum>1,1,{x},{y + i}</Datum>" for x, y in zip(POINTS, COUNTS, strict=True))
        parts[f"Experiment0/RawData{i}.xml"] = (
            '<?xml version="1.0"?><RawData xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            "<TimeStampStarted>2023-01-26T15:23:09+01:00</TimeStampStarted><DataRoutes><DataRoute>"
            f'<ScanInformation ScanName="LockedCoupled"><MeasurementPoints>{len(POINTS)}</MeasurementPoints>'
            "<TimePerStep>1</TimePerStep><TimePerStepEffective>96</TimePerStepEffective><ScanMode>Step</ScanMode>"
            f'<ScanAxes><ScanAxisInfo AxisName="{scan_axis}"><Unit Base="Degree"/><Reference>0</Reference>'
            f"<Start>{POINTS[0]}</Start><Stop>{POINTS[-1]}</Stop><Increment>0.5</Increment></ScanAxisInfo></ScanAxes>"
            f"</ScanInformation>{rows}<DataViews>"
            '<RawDataView xsi:type="FixedRawDataView" Start="0" Length="1" LogicName="MeasuredTime"/>'
            '<RawDataView xsi:type="RecordedRawDataView" Start="3" Length="1"><Recording LogicName="ScanCounter1">'
            '<Unit Base="Counts"/></Recording></RawDataView></DataViews></DataRoute></DataRoutes>'
            '<FixedInformation><Drives><InfoData LogicName="Temperature"><Position Value="300" Unit="K"/></InfoData>'
            '<InfoData LogicName="Theta"><Position Value="5" Unit="Degree"/></InfoData></Drives>'
            "<Instrument><PrimaryTracks><TrackInfoData><MountedOptics><InfoData><Tube>"
            '<WaveLengthAlpha1 Unit="A" Value="1.5406"/><WaveLengthAlpha2 Unit="A" Value="1.54439"/>'
            '<WaveLengthRatio Unit="" Value="0.5"/></Tube></InfoData></MountedOptics></TrackInfoData></PrimaryTracks>'
            "</Instrument></FixedInformation></RawData>"
        ).encode()
    return parts


def brml(n_scans: int = 1, **options: str) -> bytes:
    return zipped(brml_parts(n_scans, **options))


def raw4(
    n_ranges: int = 1, *, scan_type: str = "Locked Coupled", per_point: int = 1, n_points: int | None = None
) -> bytes:
    """RAW 4 by the layout that xylib's bruker_raw.cpp describes."""
    raw = b"RAW4.00\0".ljust(12, b"\0") + b"04/07/2025".ljust(12, b"\0") + b"20:48:56".ljust(10, b"\0")
    raw = raw.ljust(61, b"\0")
    note = b"silicon"
    raw += struct.pack("<II4x24s", 10, 36 + len(note), b"SAMPLEID") + note
    tube = struct.pack("<II", 30, 136).ljust(72, b"\0")
    tube += struct.pack("<5d", 1.541874, 1.540598, 1.544426, 1.39225, 0.5) + b"\0" * 4 + b"Cu"
    raw += tube.ljust(136, b"\0")
    for i in range(n_ranges):
        head = struct.pack("<I", 0).ljust(32, b"\0") + scan_type.encode().ljust(40, b"\0")
        head += struct.pack("<ddIf", POINTS[0], 0.5, len(POINTS) if n_points is None else n_points, 96.0)
        head = head.ljust(112, b"\0") + struct.pack("<d", 1.540598)
        head = head.ljust(136, b"\0") + struct.pack("<II", 4 * per_point, 64)
        raw += head.ljust(160, b"\0") + struct.pack("<II", 50, 64).ljust(64, b"\0")
        table = np.zeros((len(POINTS), per_point), dtype="<f4")
        table[:, 0] = COUNTS + i
        raw += table.tobytes()
    return raw


ENERGY = np.array([5900.0, 5950.0, 5985.0, 5995.0, 6050.0, 6100.0])
INCOMING = np.array([1000.0, 1010.0, 1020.0, 1030.0, 1040.0, 1050.0])
ABSORPTION = np.array([0.5, 0.48, 0.47, 1.4, 1.45, 1.4])
SI111 = 3.13551  # angstrom


def bragg(energy: np.ndarray) -> np.ndarray:
    return np.degrees(np.arcsin(12398.419843320026 / (2 * SI111 * energy)))


def xdi(*, axis: str = "energy eV", fields: tuple[str, ...] = (), signal: str = "itrans") -> bytes:
    name = axis.split()[0]
    points = ENERGY if name == "energy" else bragg(ENERGY)
    if "keV" in axis:
        points = points / 1000
    counted = INCOMING * (np.exp(-ABSORPTION) if signal == "itrans" else ABSORPTION)
    head = ["# XDI/1.0 GSE/1.0", f"# Column.1: {axis}", "# Column.2: i0", f"# Column.3: {signal}"]
    head += ["# Element.symbol: Cr", "# Element.edge: K", "# Mono.d_spacing: 3.13551", "# Beamline.name: BL1"]
    head += ["# Sample.name: chromia", "# Sample.formula: Cr2O3", "# Sample.temperature: 100K", *fields]
    head += ["# ///", "# free text: of the user", "#-----", f"# {name} i0 {signal}"]
    rows = [f"{x:.9f} {i:.9f} {y:.9f}" for x, i, y in zip(points, INCOMING, counted, strict=True)]
    return "\n".join([*head, *rows, ""]).encode()


def nine809(*, fluorescence: bool = False, dark: float = 50.0, modes: str = "") -> bytes:
    """As the header of a scan at SPring-8 (the numbers are others)."""
    seconds, angles = 2.0, bragg(ENERGY)
    counted = INCOMING * (ABSORPTION if fluorescence else np.exp(-ABSORPTION)) * 1e4
    kind, mode = ("Fluorescence ( 3)", 3) if fluorescence else ("Transmission( 2)", 2)
    lines = ["  9809     SPring-8 01b1", " chromia-01    16.11.18 11:01 - 16.11.18 11:14", " chromia"]
    lines += [" Ring :   8.0 GeV    99.5 mA -   99.5 mA"]
    lines += [f" Mono :   SI(111)       D=  {SI111:.5f} A    Initial angle=  19.27000 deg"]
    lines += [f" 01b1      {kind}   Repetition=  1     Points=    {len(angles)}"]
    lines += [" Param file : Cr-K                 angle axis (1)     Block =    1", ""]
    lines += [" Block      Init-ang  final-ang     Step/deg     Time/s       Num"]
    lines += ["     1       19.60000  18.90000    -0.100000       2.00         6", " Ortec( 0)     NDCH = 4"]
    lines += ["  Angle(c)  Angle(o)    time/s         2         3        21"]
    lines += [modes or f"      Mode         0         0         1         {mode}         5"]
    lines += [f"    Offset         0         0{dark:10.3f}{dark:10.3f}     0.000"]
    for angle, before, behind in zip(angles, INCOMING * 1e4, counted, strict=True):
        counts = f"{before + dark * seconds:10.0f}{behind + dark * seconds:10.0f}"
        lines.append(f"{angle + 1e-3:10.5f}{angle:10.5f}{seconds:10.2f}{counts}{1450:10d}")
    return "\r\n".join([*lines, ""]).encode()


def nexus_xas_newer(n_entries: int = 1, *, definition: str = "NXxas_trans") -> bytes:
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        for number in range(n_entries):
            entry = file.create_group(f"entry{number}")
            entry.attrs["NX_class"] = "NXentry"
            entry["definition"] = definition
            entry["element/symbol"], entry["edge/name"], entry["sample/name"] = "Cr", "K", "chromia"
            entry["energy"], entry["intensity"] = ENERGY / 1000, ABSORPTION + number
            entry["energy"].attrs["units"] = "keV"
    return memory.getvalue()


def nexus_xas_older(*, mode: str = "Transmission") -> bytes:
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        entry["definition"], entry["title"] = "NXxas", "chromia"
        instrument = entry.create_group("instrument")
        for name, kind in (("monochromator", "NXmonochromator"), ("incoming_beam", "NXdetector")):
            instrument.create_group(name).attrs["NX_class"] = kind
        instrument["monochromator/energy"] = ENERGY
        instrument["monochromator/energy"].attrs["units"] = "eV"
        instrument["incoming_beam/data"] = INCOMING
        behind = INCOMING * (np.exp(-ABSORPTION) if mode == "Transmission" else ABSORPTION)
        instrument.create_group("absorbed_beam").attrs["NX_class"] = "NXdetector"
        instrument["absorbed_beam/data"] = behind
        data = entry.create_group("data")
        data.attrs["NX_class"] = "NXdata"
        if mode:
            data["mode"] = mode
        data["energy"], data["absorbed_beam"] = h5py.SoftLink("/entry/instrument/monochromator/energy"), behind
    return memory.getvalue()


def titled(titles: str = "# energy(eV) i0 itrans irefer") -> bytes:
    rows = zip(ENERGY, INCOMING, INCOMING * np.exp(-ABSORPTION), INCOMING * np.exp(-2 * ABSORPTION), strict=True)
    return "\n".join([titles, *(" ".join(f"{value:.6f}" for value in row) for row in rows), ""]).encode()


def athena() -> bytes:
    """A packed project of one group, in the syntax that Athena (Demeter) writes."""
    points, values = (", ".join(f"'{x}'" for x in array) for array in (ENERGY, ABSORPTION))
    lines = ["# Athena project file -- Demeter version 0.9.26", "# This file created at 2020-01-01T00:00:00", ""]
    lines += ["$old_group = 'abcde';", "@args = ('atsym','Cr','edge','K','label','chromia');"]
    lines += [f"@x = ({points});", f"@y = ({values});", "[record]   # ", "", "@journal = ('');", "1;", ""]
    return gzip.compress("\n".join(lines).encode(), mtime=0)


EXAMPLES: dict[str, bytes] = {
    "a.ras": ras(2),
    "a.fxye": gsas("FXYE"),
    "b.gsas": gsas("ESD", n_banks=2),
    "c.raw": gsas("STD"),
    "a.cif": pdcif(),
    "a.nxs": nexus(2),
    "a.xrdml": xrdml(2),
    "a.rasx": rasx(2),
    "a.brml": brml(2),
    "a.raw": raw4(2),
    "a.xy": b"2theta I\n" + b"".join(b"%g %g\n" % row for row in zip(POINTS, COUNTS, strict=True)),
    "a.xdi": xdi(),
    "nine809.dat": nine809(),
    "newer.nxs": nexus_xas_newer(2),
    "older.nxs": nexus_xas_older(),
    "titled.dat": titled(),
    "a.prj": athena(),
}
