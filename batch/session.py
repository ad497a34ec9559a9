"""The Spark session of a run, and the Java that it needs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from batch.errors import BatchError

MIN_JAVA, MAX_JAVA = 17, 21
_VERSION = re.compile(r'version "(?P<major>\d+)')
_INSTALL = (
    "Install it, on Debian or Ubuntu with `apt-get install openjdk-17-jre-headless`, "
    "on macOS with `brew install openjdk@17`; or set JAVA_HOME."
)
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # A label such as 007 is a name, not a number.
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.sql.parquet.compression.codec": "zstd",
}
LOGGING = Path(__file__).with_name("log4j2.properties")
LOCAL_SETTINGS = {
    # The work is done in Python: a JVM that optimizes less starts sooner and takes less of the cores.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC "
    f"-Dlog4j2.configurationFile={LOGGING.as_uri()}",
    "spark.driver.memory": "2g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


def require_java() -> int:
    """Return the major version of the installed Java.

    Raises
    ------
    batch.errors.BatchError
        There is none, or Spark 4.0 does not run on it.
    """
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if java is None:
        where = f"in JAVA_HOME ({home})" if home else "on this machine"
        raise BatchError(f"Spark needs Java {MIN_JAVA}, and there is none {where}. {_INSTALL}")
    done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = _VERSION.search(done.stderr + done.stdout)
    major = int(found["major"]) if found else 0
    if not MIN_JAVA <= major <= MAX_JAVA:
        raise BatchError(f"Spark needs Java {MIN_JAVA} to {MAX_JAVA}, and {java} is {major}. {_INSTALL}")
    return major


def local_session(cores: int) -> SparkSession:
    """Start Spark in this process, with so many tasks at once; a failed task is tried four times.

    Raises
    ------
    batch.errors.BatchError
        There is no Java that Spark runs on.
    """
    require_java()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", LOCAL_SETTINGS["spark.driver.host"])
    builder = SparkSession.builder.master(f"local[{cores},4]").appName("frond-batch")
    settings = SETTINGS | LOCAL_SETTINGS | {"spark.sql.shuffle.partitions": str(2 * cores)}
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def cluster_session() -> SparkSession:
    """Return the session that `spark-submit` has configured."""
    builder = SparkSession.builder.appName("frond-batch")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
